-- One row per programme and year with its targets; the rules of a programme change from year to year, so they are data.
select
    {{ row_key(['programme', 'target_year']) }} as programme_year_key,
    programme,
    target_year,
    target_from,
    target_to,
    target_families,
    target_claims
from {{ ref('stg_supporting_families__programme_targets') }}
