-- One row per social worker who left the authority, on the day of leaving; agency workers and moves within it are left out. Full-time
-- equivalents are in hundredths.
select
    {{ kpi_plain_item_columns('leavers', 'leaver_key', 'leaving_date', "cast(null as varchar)") }}
    1 as is_leaver,
    {{ hundredths('leavers.full_time_equivalent') }} as fte_left
from {{ ref('fct_leavers') }} as leavers
{{ kpi_plain_item_joins('leavers', 'leaving_date') }}
where leavers.is_social_worker and not leavers.is_agency and not leavers.is_move_within_authority
