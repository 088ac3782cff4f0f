-- When each child was last seen, as known on any day: visits of every kind at which the child was seen, and assessments in
-- which the child was. An assessment does not say on which day: its start stands for it, which is never too late, and it counts
-- from the authorisation on (while it is open, from the extract that says so). Nobody sees a child before birth.
with

seen as (
    select
        visits.child_id,
        visits.cin_visit_date as seen_date,
        visits.cin_visit_date as known_from
    from {{ ref('stg_ssd__cin_visits') }} as visits
    where visits.cin_visit_seen = 'yes'

    union all

    select
        visits.child_id,
        visits.cp_visit_date as seen_date,
        visits.cp_visit_date as known_from
    from {{ ref('stg_ssd__cp_visits') }} as visits
    where visits.cp_visit_seen = 'yes'

    union all

    select
        visits.child_id,
        visits.cla_visit_date as seen_date,
        visits.cla_visit_date as known_from
    from {{ ref('stg_ssd__cla_visits') }} as visits
    where visits.cla_visit_seen = 'yes'

    union all

    select
        assessments.child_id,
        assessments.assessment_start_date as seen_date,
        coalesce(assessments.authorisation_date, assessments.snapshot_date) as known_from
    from {{ ref('stg_ssd__cin_assessments') }} as assessments
    where assessments.child_seen = 'yes'
),

days as (
    select
        children.child_key,
        seen.known_from,
        max(seen.seen_date) as seen_date
    from seen
    inner join {{ ref('int_children__identities') }} as children on seen.child_id = children.child_id
    cross join {{ ref('stg_control__run') }} as run
    where
        seen.known_from <= run.as_at
        and (children.date_of_birth is null or children.date_of_birth <= seen.seen_date)
    group by children.child_key, seen.known_from
)

select
    child_key,
    max(seen_date) over (partition by child_key order by known_from) as last_seen_date,
    known_from as valid_from,
    coalesce(
        {{ add_days('lead(known_from) over (partition by child_key order by known_from)', -1) }}, cast('9999-12-31' as date)
    ) as valid_to
from days
