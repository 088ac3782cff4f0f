-- One row per month end and programme year in force: the targets of the whole year, which belong to no service.
with

targets as (
    select
        years.programme_year_key,
        month_ends.reference_date,
        years.programme,
        years.target_families,
        years.target_claims,
        cast(null as varchar) as service_code,
        cast(null as varchar) as team_code
    from {{ ref('dim_programme_year') }} as years
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on month_ends.reference_date between years.target_from and years.target_to
)

select
    {{ kpi_plain_item_columns('targets', 'programme_year_key', 'reference_date', 'cast(null as varchar)') }}
    targets.programme,
    coalesce(targets.target_families, 0) as target_families,
    coalesce(targets.target_claims, 0) as target_claims
from targets
{{ kpi_plain_item_joins('targets', 'reference_date') }}
