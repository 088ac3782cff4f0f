-- Foster placements that ended with the child leaving the carer: one that goes on with the same carer under another status has not.
-- A form counts from the day it was received; one whose day is not recorded counts as received.
with

placements as (
    select
        placement_key,
        child_key,
        end_date,
        placement_type_group,
        is_own_provision,
        is_short_break,
        lead(is_same_carer) over (partition by child_key, cla_key order by start_date, placement_key) as is_next_same_carer,
        team_code,
        service_code,
        load_id,
        row_number
    from {{ ref('fct_placements') }}
),

forms as (
    select
        {{ row_key(['children.child_key', 'feedback.placement_id']) }} as placement_key,
        count(distinct feedback.respondent) as feedback_forms,
        min(feedback.received_date) as first_feedback_date
    from {{ ref('stg_voice__end_of_placement_feedback') }} as feedback
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on feedback.child_id = children.child_id
    where feedback.received_date is null or feedback.received_date <= run.as_at
    group by {{ row_key(['children.child_key', 'feedback.placement_id']) }}
)

select
    placements.placement_key,
    placements.child_key,
    placements.end_date as ended_date,
    placements.placement_type_group,
    placements.is_own_provision,
    cast(coalesce(forms.feedback_forms, 0) as integer) as feedback_forms,
    forms.first_feedback_date,
    forms.placement_key is not null as has_feedback,
    placements.team_code,
    placements.service_code,
    placements.load_id,
    placements.row_number
from placements
left join forms on placements.placement_key = forms.placement_key
where
    placements.end_date is not null
    and placements.placement_type_group in ('foster', 'kinship')
    and not placements.is_short_break
    and not coalesce(placements.is_next_same_carer, false)
