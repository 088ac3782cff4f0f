-- Visits of each period of care, and the next one that is due. The clock starts anew with each placement (regulation 28 of the
-- Care Planning, Placement and Case Review Regulations 2010), also a temporary one, but not where the carer stays the same: the
-- first visit is counted from the day the child moved in, later ones from the visit before. Visits before the first day the table
-- covers are not known: where the clock started before it nothing is due.
-- A visit is awaited until it is made, the child moves or the period ends: clock_start_date to clock_end_date, the end not included.
with

carers as (
    select
        periods.child_key,
        periods.start_date as period_start_date,
        periods.end_date as period_end_date,
        coalesce(placements.carer_start_date, periods.start_date) as carer_start_date
    from {{ ref('int_children_looked_after__periods') }} as periods
    left join {{ ref('int_children_looked_after__placements') }} as placements
        on periods.child_key = placements.child_key and periods.start_date = placements.period_start_date
    where not periods.is_short_break
    group by
        periods.child_key, periods.start_date, periods.end_date, coalesce(placements.carer_start_date, periods.start_date)
),

stays as (
    select
        child_key,
        period_start_date,
        period_end_date,
        -- the first day in care counts, whatever day the first placement is recorded for
        case
            when row_number() over (partition by child_key, period_start_date order by carer_start_date) = 1 then period_start_date
            else carer_start_date
        end as stay_start_date,
        lead(carer_start_date) over (partition by child_key, period_start_date order by carer_start_date) as next_stay_start_date
    from carers
),

visits as (
    select
        children.child_key,
        visits.cla_visit_id,
        visits.cla_visit_date as visit_date,
        case visits.cla_visit_seen when 'yes' then true when 'no' then false end as is_child_seen,
        case visits.cla_visit_seen_alone when 'yes' then true when 'no' then false end as is_child_seen_alone,
        visits.load_id,
        visits.row_number
    from {{ ref('stg_ssd__cla_visits') }} as visits
    inner join {{ ref('int_children__identities') }} as children on visits.child_id = children.child_id
    cross join {{ ref('stg_control__run') }} as run
    where visits.cla_visit_date <= run.as_at
),

visits_and_next as (
    select
        stays.child_key,
        stays.period_start_date,
        stays.period_end_date,
        stays.stay_start_date,
        stays.next_stay_start_date,
        visits.cla_visit_id,
        visits.visit_date,
        visits.is_child_seen,
        visits.is_child_seen_alone,
        visits.load_id,
        visits.row_number
    from stays
    inner join visits
        on
            stays.child_key = visits.child_key
            and stays.stay_start_date <= visits.visit_date
            and {{ end_or_never('stays.next_stay_start_date') }} > visits.visit_date
            and {{ end_or_never('stays.period_end_date') }} >= visits.visit_date
    union all
    select
        child_key,
        period_start_date,
        period_end_date,
        stay_start_date,
        next_stay_start_date,
        cast(null as varchar) as cla_visit_id,
        cast(null as date) as visit_date,
        cast(null as boolean) as is_child_seen,
        cast(null as boolean) as is_child_seen_alone,
        cast(null as bigint) as load_id,
        cast(null as integer) as row_number
    from stays
),

clocks as (
    select
        child_key,
        period_start_date,
        cla_visit_id,
        visit_date,
        is_child_seen,
        is_child_seen_alone,
        period_end_date,
        next_stay_start_date,
        lag(visit_date) over (
            partition by child_key, period_start_date, stay_start_date
            order by case when visit_date is null then 1 else 0 end, visit_date, cla_visit_id
        ) is null as is_first_in_placement,
        coalesce(
            lag(visit_date) over (
                partition by child_key, period_start_date, stay_start_date
                order by case when visit_date is null then 1 else 0 end, visit_date, cla_visit_id
            ),
            stay_start_date
        ) as clock_start_date,
        coalesce(visit_date, next_stay_start_date, period_end_date) as clock_end_date,
        max(visit_date) over (
            partition by child_key, period_start_date
            order by stay_start_date, case when visit_date is null then 1 else 0 end, visit_date, cla_visit_id
            rows between unbounded preceding and 1 preceding
        ) as previous_visit_date,
        load_id,
        row_number
    from visits_and_next
),

covered as (
    select min(covered_from) as covered_from
    from {{ ref('int_control__coverage') }}
    where source = 'ssd' and table_name = 'cla_visits'
),

standards as (
    select
        clocks.child_key,
        clocks.period_start_date,
        clocks.cla_visit_id,
        clocks.visit_date,
        clocks.is_child_seen,
        clocks.is_child_seen_alone,
        clocks.is_first_in_placement,
        clocks.clock_start_date,
        clocks.clock_end_date,
        clocks.previous_visit_date,
        clocks.period_end_date,
        clocks.next_stay_start_date,
        case
            when clocks.clock_start_date < covered.covered_from or covered.covered_from is null then null
            when clocks.is_first_in_placement then 'first_placement_visit'
            else 'placement_visit'
        end as standard,
        clocks.load_id,
        clocks.row_number
    from clocks
    cross join covered
)

select
    standards.child_key,
    standards.period_start_date,
    standards.cla_visit_id,
    standards.visit_date,
    standards.is_child_seen,
    standards.is_child_seen_alone,
    standards.is_first_in_placement,
    standards.clock_start_date,
    standards.clock_end_date,
    standards.previous_visit_date,
    {{ due_after('standards.clock_start_date', 'visit_standard') }} as due_date,
    standards.period_end_date,
    standards.next_stay_start_date,
    standards.load_id,
    standards.row_number
from standards
left join {{ ref('int_control__practice_standards') }} as visit_standard
    on
        standards.standard = visit_standard.standard
        and standards.clock_start_date between visit_standard.valid_from and visit_standard.valid_to
{{ due_joins('standards.clock_start_date', 'visit_standard') }}
