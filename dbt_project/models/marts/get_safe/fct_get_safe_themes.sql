-- One row per Get Safe case and theme, named by the register in force when it was recorded.
with

themes as (
    select
        children.child_key,
        {{ row_key(['children.child_key', 'themes.get_safe_case_id']) }} as case_key,
        themes.exploitation_theme,
        themes.theme_recorded_date,
        {{ by_as_at('themes.theme_ended_date') }} as theme_ended_date,
        themes.theme_is_main,
        themes.load_id,
        themes.row_number
    from {{ ref('stg_get_safe__case_themes') }} as themes
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on themes.child_id = children.child_id
    where themes.theme_recorded_date <= run.as_at
)

select
    {{ row_key(['themes.case_key', 'themes.exploitation_theme']) }} as get_safe_theme_key,
    themes.child_key,
    cases.get_safe_case_key,
    themes.exploitation_theme as theme,
    register.theme_title,
    register.theme_group,
    themes.theme_recorded_date as recorded_date,
    themes.theme_ended_date as ended_date,
    {{ answered_yes('themes.theme_is_main') }} as is_main_theme,
    coalesce(cases.team_code, 'unmapped') as team_code,
    coalesce(cases.service_code, 'unmapped') as service_code,
    themes.load_id,
    themes.row_number
from themes
left join {{ ref('fct_get_safe_cases') }} as cases on themes.case_key = cases.get_safe_case_key
left join {{ ref('stg_get_safe__exploitation_themes') }} as register
    on
        themes.exploitation_theme = register.exploitation_theme
        and themes.theme_recorded_date >= register.valid_from
        and themes.theme_recorded_date <= {{ end_or_never('register.valid_to') }}
