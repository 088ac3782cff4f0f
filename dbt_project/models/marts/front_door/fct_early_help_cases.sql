-- Early help cases of the early help system; a closure after the as-at date has not happened. Days run from the first day
-- to the last one, or to the as-at date while open.
with

cases as (
    select
        children.child_key,
        cases.early_help_case_id,
        cases.early_help_start_date as start_date,
        {{ by_as_at('cases.early_help_end_date') }} as end_date,
        {{ by_as_at('cases.early_help_end_date', 'cases.early_help_closure_reason') }} as closure_reason,
        cases.level_of_need,
        cases.lead_professional_agency,
        cases.lead_professional_role,
        case cases.stepped_down when 'yes' then true when 'no' then false end as is_stepped_down,
        cases.stepped_down_from,
        run.as_at,
        cases.team_code as team_name,
        cases.snapshot_date,
        cases.load_id,
        cases.row_number
    from {{ ref('stg_supporting_families__early_help_cases') }} as cases
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on cases.child_id = children.child_id
    where cases.early_help_start_date <= run.as_at
)

select
    {{ row_key(['cases.child_key', 'cases.early_help_case_id']) }} as early_help_case_key,
    cases.child_key,
    cases.start_date,
    cases.end_date,
    cases.closure_reason,
    {{ days_between('cases.start_date', 'coalesce(cases.end_date, cases.as_at)') }} as days,
    cases.level_of_need,
    cases.lead_professional_agency,
    {{ agency_key('early_help_organisation', 'cases.lead_professional_agency') }} as agency_key,
    cases.lead_professional_role,
    cases.is_stepped_down,
    cases.stepped_down_from,
    {{ team_columns() }},
    cases.load_id,
    cases.row_number
from cases
{{ team_joins('cases', 'cases.start_date') }}
