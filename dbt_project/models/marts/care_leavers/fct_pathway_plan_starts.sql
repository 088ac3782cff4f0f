-- Young people shown as entitled to a pathway plan before they are 18, with the day they became so: the 16th birthday, or the day on
-- which their time in care since the 14th reached thirteen weeks if that came later. The first plan is due by the practice standard
-- first_pathway_plan, counted from there. Its day is the earliest one that any snapshot shows as that of a plan or review: it is not
-- known to be late where the snapshots begin after it was due, since an earlier plan may have been reviewed since.
with

young_people as (
    select
        snapshots.child_key,
        snapshots.date_of_birth,
        {{ birthday('snapshots.date_of_birth', 14) }} as birthday_14,
        {{ birthday('snapshots.date_of_birth', 16) }} as birthday_16,
        {{ birthday('snapshots.date_of_birth', 18) }} as birthday_18,
        min(case when snapshots.eligibility in ('eligible', 'relevant') then snapshots.reference_date end) as first_entitled_date,
        min(snapshots.pathway_plan_review_date) as plan_date
    from {{ ref('int_care_leavers__snapshots') }} as snapshots
    where snapshots.date_of_birth is not null
    group by snapshots.child_key, snapshots.date_of_birth
),

held as (
    select
        min(reference_date) as held_from,
        max(reference_date) as held_to
    from {{ ref('int_care_leavers__snapshots') }}
),

care as (
    select
        young_people.child_key,
        case
            when periods.start_date > young_people.birthday_14 then periods.start_date
            else young_people.birthday_14
        end as counted_from_date,
        coalesce(periods.end_date, run.as_at) as counted_to_date
    from young_people
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('fct_cla_periods') }} as periods on young_people.child_key = periods.child_key
    where
        not periods.is_short_breaks
        and coalesce(periods.end_date, run.as_at) > young_people.birthday_14
),

summed as (
    select
        child_key,
        counted_from_date,
        counted_to_date,
        coalesce(
            sum({{ days_between('counted_from_date', 'counted_to_date') }}) over (
                partition by child_key
                order by counted_from_date
                rows between unbounded preceding and 1 preceding
            ), 0
        ) as days_before
    from care
),

reached as (
    select
        child_key,
        min(
            {{ add_days('counted_from_date', 'cast(' ~ days_in_care_for_entitlement() ~ ' - days_before as integer)') }}
        ) as reached_date
    from summed
    where
        days_before < {{ days_in_care_for_entitlement() }}
        and days_before + {{ days_between('counted_from_date', 'counted_to_date') }} >= {{ days_in_care_for_entitlement() }}
    group by child_key
),

entitled as (
    select
        young_people.child_key,
        young_people.plan_date,
        case
            when reached.reached_date > young_people.birthday_16 then reached.reached_date
            else young_people.birthday_16
        end as eligible_date
    from young_people
    left join reached on young_people.child_key = reached.child_key
    where young_people.first_entitled_date < young_people.birthday_18
),

due as (
    select
        entitled.child_key,
        entitled.eligible_date,
        entitled.plan_date,
        held.held_from,
        held.held_to,
        {{ due_after('entitled.eligible_date', 'plan_standard') }} as due_date,
        {{ in_time_until('entitled.eligible_date', 'plan_standard') }} as last_day_in_time
    from entitled
    cross join held
    {{ standard_join('first_pathway_plan', 'entitled.eligible_date', 'plan_standard') }}
    {{ due_joins('entitled.eligible_date', 'plan_standard') }}
)

select
    {{ row_key(['due.child_key']) }} as pathway_plan_start_key,
    due.child_key,
    due.eligible_date,
    due.plan_date,
    due.due_date,
    case
        when due.plan_date <= due.last_day_in_time then true
        when due.held_from <= due.last_day_in_time and due.last_day_in_time <= due.held_to then false
    end as is_in_time,
    {{ allocation_columns() }}
from due
{{ allocation_joins('due', 'due.due_date') }}
