-- One row per theme, service and quarter in which learning about it was shared, on the last day of the second quarter after.
with

themes as (
    select
        learning_theme_key,
        watched_to,
        theme,
        is_raised_again,
        cast(null as varchar) as child_key,
        service_code,
        cast(null as varchar) as team_code
    from {{ ref('fct_learning_themes') }}
)

select
    {{ kpi_plain_item_columns('themes', 'learning_theme_key', 'watched_to') }}
    themes.theme,
    1 as is_shared_theme,
    {{ kpi_flag('themes.is_raised_again') }} as is_raised_again
from themes
{{ kpi_plain_item_joins('themes', 'watched_to') }}
