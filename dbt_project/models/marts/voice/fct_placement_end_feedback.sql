-- One row per home in which a child looked after no longer lives, with the feedback given at its end. A placement followed by another
-- with the same carer is a change of status and ends no home; short breaks, temporary placements and those of under 24 hours are
-- left out; where it is not recorded that a placement was one of these, it stays. The carer counts whoever cared for the child there.
-- An answer left blank is none. Feedback whose day is not recorded counts as received.
with

placements as (
    select
        placement_key,
        child_key,
        cla_key,
        end_date,
        placement_type_group,
        is_short_break,
        is_temporary,
        is_under_24_hours,
        service_code,
        team_code,
        load_id,
        row_number,
        lead(is_same_carer) over (partition by child_key, cla_key order by placement_number) as is_same_carer_next
    from {{ ref('fct_placements') }}
),

answers as (
    select
        {{ row_key(['children.child_key', 'feedback.placement_id']) }} as placement_key,
        count(case when feedback.respondent = 'child' then 1 end) as child_answers,
        min(case when feedback.respondent = 'child' then feedback.received_date end) as child_received_date,
        min(case when feedback.respondent <> 'child' then feedback.received_date end) as carer_received_date
    from {{ ref('stg_voice__end_of_placement_feedback') }} as feedback
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on feedback.child_id = children.child_id
    {{ answer_meaning_joins('feedback', 'coalesce(feedback.received_date, feedback.ended_date)') }}
    where
        {{ answer_meaning() }} <> 'not_answered'
        and (feedback.received_date is null or feedback.received_date <= run.as_at)
    group by children.child_key, feedback.placement_id
)

select
    placements.placement_key,
    placements.child_key,
    placements.end_date,
    placements.placement_type_group,
    answers.placement_key is not null as has_feedback,
    coalesce(answers.child_answers > 0, false) as has_child_feedback,
    answers.child_received_date,
    answers.carer_received_date,
    placements.service_code,
    placements.team_code,
    placements.load_id,
    placements.row_number
from placements
left join answers on placements.placement_key = answers.placement_key
where
    placements.end_date is not null
    and not coalesce(placements.is_same_carer_next, false)
    and not coalesce(placements.is_short_break, false)
    and not coalesce(placements.is_temporary, false)
    and not coalesce(placements.is_under_24_hours, false)
