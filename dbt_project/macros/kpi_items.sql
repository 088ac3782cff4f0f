{#- What every measures model has in common, derived once and the same way for every population. -#}

{#-
    The leading columns of a measures model: event_date, item_key, child_key, service_code, team_code and the demographics age_band,
    sex, ethnicity_group, disability, plan_status, district. `item` is the alias of the row counted. Age, plan status and district
    are those on the event date.
-#}
{% macro kpi_item_columns(item, item_key, event_date) -%}
    {{ kpi_plain_item_columns(item, item_key, event_date) }}
    {{ kpi_age_band('children.date_of_birth', item ~ '.' ~ event_date) }} as age_band,
    coalesce(children.sex, 'unknown') as sex,
    coalesce(children.ethnicity_group, 'not_known') as ethnicity_group,
    coalesce(children.disability, 'unknown') as disability,
    coalesce(circumstances.plan_status, 'unknown') as plan_status,
    coalesce(circumstances.district, 'unknown') as district,
{%- endmacro %}

{#- The joins those columns need. What lies after the as-at date has not happened: a window must have elapsed in full. -#}
{% macro kpi_item_joins(item, event_date) -%}
{{ kpi_plain_item_joins(item, event_date) }}
left join {{ ref('dim_child') }} as children on {{ item }}.child_key = children.child_key
left join {{ ref('dim_child_circumstances') }} as circumstances
    on
        {{ item }}.child_key = circumstances.child_key
        and {{ item }}.{{ event_date }} >= circumstances.valid_from
        and {{ item }}.{{ event_date }} < circumstances.valid_to
{%- endmacro %}

{#- The same for what is no child (a home, a household, a meeting) or not told of children: no demographics. -#}
{% macro kpi_plain_item_columns(item, item_key, event_date, child_key=none) -%}
    {{ item }}.{{ event_date }} as event_date,
    {{ item }}.{{ item_key }} as item_key,
    {{ child_key or item ~ '.child_key' }} as child_key,
    coalesce({{ item }}.service_code, 'unmapped') as service_code,
    coalesce({{ item }}.team_code, 'unmapped') as team_code,
{%- endmacro %}

{% macro kpi_plain_item_joins(item, event_date) -%}
inner join {{ ref('stg_control__run') }} as run on {{ item }}.{{ event_date }} <= run.as_at
{%- endmacro %}

{% macro kpi_age_band(date_of_birth, on_date) -%}
    {%- set age = age_in_years(date_of_birth, on_date) -%}
    case
        when {{ date_of_birth }} is null then 'unknown'
        when {{ date_of_birth }} > {{ on_date }} then 'unborn'
        when {{ age }} < 1 then '0'
        when {{ age }} < 5 then '1-4'
        when {{ age }} < 10 then '5-9'
        when {{ age }} < 16 then '10-15'
        when {{ age }} < 18 then '16-17'
        else '18+'
    end
{%- endmacro %}

{#- 1 when the condition holds, 0 when it does not or cannot be told. -#}
{% macro kpi_flag(condition) -%}
    case when {{ condition }} then 1 else 0 end
{%- endmacro %}

{#- The first day of the month of a financial year in which something is counted that is counted once a year. -#}
{% macro kpi_position_month_start(period_start, position_month) -%}
    {{ add_months(period_start, 'cast(mod(' ~ position_month ~ ' + 8, 12) as integer)') }}
{%- endmacro %}

{#- The slice a position of a period is read in: the month of the reference date, or of a year the month it is counted in. -#}
{% macro kpi_position_slice(basis, period_start, reference_slice, position_month) -%}
    case
        when {{ position_month }} is not null and {{ basis }} = 'Y'
            then {{ month_key(kpi_position_month_start(period_start, position_month)) }}
        else {{ reference_slice }}
    end
{%- endmacro %}
