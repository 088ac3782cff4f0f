-- One row per health check of a child looked after. Only a completed check is done: refused and cancelled ones are not, and
-- a planned one is not yet. What lies after the as-at date is left out unless it is planned. The latest done check of a group
-- on any day is the one held by then whose next one was not: a row says until when it was the latest.
with

checks as (
    select
        children.child_key,
        children.date_of_birth,
        checks.health_check_id,
        checks.health_check_type,
        {{ health_check_group('checks.health_check_type') }} as check_group,
        checks.health_check_status,
        checks.health_check_date,
        checks.health_check_status = 'completed' as is_done,
        coalesce(checks.health_check_date, run.as_at) as team_date,
        checks.load_id,
        checks.row_number
    from {{ ref('stg_ssd__cla_health') }} as checks
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on checks.child_id = children.child_id
    where
        checks.health_check_date is null
        or checks.health_check_date <= run.as_at
        or checks.health_check_status = 'planned'
),

followed as (
    select
        child_key,
        date_of_birth,
        health_check_id,
        health_check_type,
        check_group,
        health_check_status,
        health_check_date,
        is_done,
        case when is_done then health_check_date end as held_date,
        case
            when is_done and health_check_date is not null
                then lead(health_check_date) over (
                    partition by child_key, check_group, is_done, health_check_date is null
                    order by health_check_date, health_check_id
                )
        end as next_held_date,
        case when health_check_type = 'initial_health_assessment' then 'initial_health_assessment' end as initial_standard,
        team_date,
        load_id,
        row_number
    from checks
)

select
    {{ row_key(['followed.child_key', 'followed.health_check_id']) }} as health_check_key,
    followed.child_key,
    followed.health_check_type,
    followed.check_group,
    followed.health_check_status,
    case when followed.health_check_status = 'planned' then followed.health_check_date end as planned_date,
    followed.health_check_date as check_date,
    followed.is_done,
    followed.held_date,
    followed.next_held_date,
    followed.held_date is not null and followed.next_held_date is null as is_latest,
    followed.initial_standard is not null as is_initial_assessment,
    care_periods.start_date as care_start_date,
    case
        when followed.initial_standard is not null
            then cast(held_day.working_day_index - care_standard_from.working_day_index as integer)
    end as working_days_from_care_start,
    {{ due_after('care_periods.start_date', 'care_standard') }} as initial_due_date,
    case
        when followed.initial_standard is not null and followed.held_date is not null
            then followed.held_date <= {{ in_time_until('care_periods.start_date', 'care_standard') }}
    end as is_initial_in_time,
    {{ age_in_years('followed.date_of_birth', 'followed.health_check_date') }} as age,
    {{ allocation_columns() }},
    followed.load_id,
    followed.row_number
from followed
-- The period of care the day of the check lies in, or follows.
left join {{ ref('int_health__care_periods') }} as care_periods
    on
        followed.child_key = care_periods.child_key
        and followed.health_check_date >= care_periods.start_date
        and followed.health_check_date < {{ end_or_never('care_periods.next_start_date') }}
left join {{ ref('int_control__practice_standards') }} as care_standard
    on
        followed.initial_standard = care_standard.standard
        and care_periods.start_date between care_standard.valid_from and care_standard.valid_to
{{ due_joins('care_periods.start_date', 'care_standard') }}
left join {{ ref('dim_date') }} as held_day on followed.held_date = held_day.date_day
{{ allocation_joins('followed', 'followed.team_date') }}
