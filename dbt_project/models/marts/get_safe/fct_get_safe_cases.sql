-- One row per child and period of being open to Get Safe. The level of a case is the highest over its types of exploitation: at first
-- by the first assessment of each type, at last by the last one. A case assessed on one day only has no second level to compare.
with

cases as (
    select
        children.child_key,
        cases.get_safe_case_id,
        {{ row_key(['children.child_key', 'cases.get_safe_case_id']) }} as get_safe_case_key,
        cases.opened_date,
        {{ by_as_at('cases.closed_date') }} as closed_date,
        cases.referral_source,
        {{ by_as_at('cases.closed_date', 'cases.closure_reason') }} as closure_reason,
        {{ by_as_at('cases.closed_date', 'cases.transferred_to_adult_service') }} as transferred_to_adult_service,
        run.as_at,
        cases.team_code as team_name,
        cases.snapshot_date,
        cases.load_id,
        cases.row_number
    from {{ ref('stg_get_safe__get_safe_cases') }} as cases
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on cases.child_id = children.child_id
    where cases.opened_date <= run.as_at
),

placed as (
    select
        get_safe_case_key,
        assessed_date,
        risk_level,
        level_order,
        row_number() over (
            partition by get_safe_case_key, exploitation_type order by assessed_date asc, risk_assessment_key asc
        ) as place,
        row_number() over (
            partition by get_safe_case_key, exploitation_type order by assessed_date desc, risk_assessment_key desc
        ) as place_from_end
    from {{ ref('fct_risk_assessments') }}
    where get_safe_case_key is not null and level_order is not null
),

levels as (
    select
        get_safe_case_key,
        min(assessed_date) as first_assessed_date,
        max(assessed_date) as latest_assessed_date,
        max(case when place = 1 then level_order end) as first_level_order,
        max(case when place_from_end = 1 then level_order end) as latest_level_order
    from placed
    group by get_safe_case_key
),

named as (
    select
        levels.get_safe_case_key,
        levels.first_assessed_date,
        levels.latest_assessed_date,
        levels.first_level_order,
        levels.latest_level_order,
        min(case when placed.place = 1 and placed.level_order = levels.first_level_order then placed.risk_level end) as first_risk_level,
        min(case when placed.place_from_end = 1 and placed.level_order = levels.latest_level_order then placed.risk_level end)
            as latest_risk_level
    from levels
    inner join placed on levels.get_safe_case_key = placed.get_safe_case_key
    group by
        levels.get_safe_case_key,
        levels.first_assessed_date,
        levels.latest_assessed_date,
        levels.first_level_order,
        levels.latest_level_order
)

select
    cases.get_safe_case_key,
    cases.child_key,
    cases.opened_date,
    cases.closed_date,
    {{ days_between('cases.opened_date', 'coalesce(cases.closed_date, cases.as_at)') }} as days_open,
    cases.referral_source,
    {{ contact_source_group('cases.referral_source') }} as referral_source_group,
    cases.closure_reason,
    {{ answered_yes('cases.transferred_to_adult_service') }} as is_transferred_to_adult_service,
    named.first_assessed_date,
    named.first_risk_level,
    named.first_level_order,
    named.latest_assessed_date,
    named.latest_risk_level,
    named.latest_level_order,
    case
        when cases.closed_date is null or named.latest_assessed_date is null then null
        when named.latest_assessed_date = named.first_assessed_date then null
        when named.latest_level_order < named.first_level_order then 'lower'
        when named.latest_level_order > named.first_level_order then 'higher'
        else 'same'
    end as risk_change,
    {{ team_or_allocation_columns() }},
    cases.load_id,
    cases.row_number
from cases
left join named on cases.get_safe_case_key = named.get_safe_case_key
{{ team_joins('cases', 'cases.opened_date') }}
{{ allocation_joins('cases', 'cases.opened_date') }}
