-- One row per child and early help case open at a month end; a case that was closed on the reference date is closed.
with

cases as (
    select
        cases.early_help_case_key,
        cases.child_key,
        month_ends.reference_date,
        cases.level_of_need,
        cases.service_code,
        cases.team_code
    from {{ ref('fct_early_help_cases') }} as cases
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on
            cases.start_date <= month_ends.reference_date
            and {{ end_or_never('cases.end_date') }} > month_ends.reference_date
)

select
    {{ kpi_item_columns('cases', 'early_help_case_key', 'reference_date') }}
    coalesce(cases.level_of_need, 'not_recorded') as level_of_need,
    1 as is_open_case
from cases
{{ kpi_item_joins('cases', 'reference_date') }}
