-- One row per response and theme it was coded to, on the day of the response. One row of each response counts the response.
select
    {{ kpi_item_columns('themes', 'feedback_theme_key', 'response_date') }}
    themes.theme,
    1 as is_mention,
    {{ kpi_flag('themes.is_first_theme') }} as is_coded_response
from {{ ref('fct_feedback_themes') }} as themes
{{ kpi_item_joins('themes', 'response_date') }}
