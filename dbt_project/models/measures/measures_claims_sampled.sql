-- One row per claim that internal audit checked, on the day of the check.
with

claims as (
    select
        claim_key,
        sampled_date,
        programme,
        is_valid,
        cast(null as varchar) as service_code,
        cast(null as varchar) as team_code
    from {{ ref('fct_supporting_families_claims') }}
    where sampled_date is not null
)

select
    {{ kpi_plain_item_columns('claims', 'claim_key', 'sampled_date', 'cast(null as varchar)') }}
    claims.programme,
    1 as is_sampled,
    {{ kpi_flag('claims.is_valid') }} as is_found_valid,
    {{ kpi_flag('claims.is_valid is null') }} as is_result_not_recorded
from claims
{{ kpi_plain_item_joins('claims', 'sampled_date') }}
