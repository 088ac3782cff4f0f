-- What the record of an open case should hold and does not, apart from what was done late (rpt_team_due): tasks of which nothing is
-- recorded, and gaps that no rule of time shows. Of the last visit it may not be recorded whether the child was seen: that is
-- not a child unseen. Placements and legal statuses are known from the case system only.
with

cases as (
    select
        position_date,
        child_key,
        status,
        cla_key,
        cp_plan_key,
        cin_plan_key,
        placement_key,
        worker_key,
        team_code,
        service_code
    from {{ ref('rpt_team_positions') }}
    where is_position_date
),

visits as (
    select
        cp_plan_key as spell_key,
        visit_date,
        is_child_seen is not null or is_unborn as is_seen_recorded
    from {{ ref('fct_cp_visits') }}
    where cp_plan_key is not null

    union all

    select
        cin_plan_key as spell_key,
        visit_date,
        is_seen is not null or is_unborn as is_seen_recorded
    from {{ ref('fct_cin_visits') }}
    where cin_plan_key is not null

    union all

    select
        cla_key as spell_key,
        visit_date,
        is_child_seen is not null as is_seen_recorded
    from {{ ref('fct_cla_visits') }}
    where visit_date is not null
),

-- the visits of the status that leads: looked after before protection plan before child in need plan
last_visits as (
    select
        cases.child_key,
        visits.visit_date,
        visits.is_seen_recorded,
        row_number() over (
            partition by cases.child_key
            order by visits.visit_date desc, case when visits.is_seen_recorded then 0 else 1 end
        ) as recency
    from cases
    inner join visits
        on
            coalesce(cases.cla_key, cases.cp_plan_key, cases.cin_plan_key) = visits.spell_key
            and cases.position_date >= visits.visit_date
),

legal_statuses as (
    select distinct cases.child_key
    from cases
    inner join {{ ref('fct_legal_statuses') }} as statuses
        on
            cases.child_key = statuses.child_key
            and cases.position_date >= statuses.start_date
            and cases.position_date < {{ end_or_never('statuses.end_date') }}
    where {{ is_care_status('statuses.legal_status') }}
),

gaps as (
    select
        child_key,
        task as gap,
        due_key as subject_key,
        rule as gap_text
    from {{ ref('rpt_team_due') }}
    where state = 'recording gap'

    union all

    select
        child_key,
        'child seen' as gap,
        'last visit' as subject_key,
        'Visit of ' || {{ short_day('visit_date') }} || ' does not say whether the child was seen' as gap_text
    from last_visits
    where recency = 1 and not is_seen_recorded

    union all

    select
        cases.child_key,
        'placement' as gap,
        cases.cla_key as subject_key,
        'Looked after without a placement recorded' as gap_text
    from cases
    inner join {{ ref('fct_cla_periods') }} as periods on cases.cla_key = periods.cla_key
    where cases.placement_key is null and periods.source_route = 'ssd'

    union all

    select
        cases.child_key,
        'legal status' as gap,
        cases.cla_key as subject_key,
        'Looked after without a legal status recorded' as gap_text
    from cases
    inner join {{ ref('fct_cla_periods') }} as periods on cases.cla_key = periods.cla_key
    left join legal_statuses on cases.child_key = legal_statuses.child_key
    where legal_statuses.child_key is null and periods.source_route = 'ssd'

    union all

    select
        cases.child_key,
        'date of birth' as gap,
        'child' as subject_key,
        'No date of birth, nor the day the birth is expected' as gap_text
    from cases
    inner join {{ ref('dim_child') }} as children on cases.child_key = children.child_key
    where children.date_of_birth is null

    union all

    select
        child_key,
        'team' as gap,
        'case' as subject_key,
        'The case is with no team that is known' as gap_text
    from cases
    where team_code = 'unmapped'

    union all

    select
        child_key,
        'case holder' as gap,
        'case' as subject_key,
        'No worker is recorded for the case' as gap_text
    from cases
    where worker_key is null
)

select
    {{ row_key(['gaps.child_key', 'gaps.gap', 'gaps.subject_key']) }} as gap_key,
    {{ case_columns('cases') }},
    gaps.gap,
    gaps.gap_text
from gaps
inner join cases on gaps.child_key = cases.child_key
inner join {{ ref('dim_child') }} as children on cases.child_key = children.child_key
{{ name_joins('cases') }}
