{#-
    What the reports of voice have in common: quarters and half-years, the authority and each of its services.

    `voice_slots(items, event_date)` gives a row of `items` (with service_code) once for every quarter and half-year it falls into, by the
    period's reference date, for the authority and for its service: columns `slots.*` and `org_level`, `org`.
-#}
{% macro voice_periods() -%}
voice_periods as (
    select
        basis,
        period,
        period_start,
        period_end,
        reference_date,
        label,
        is_closed
    from {{ ref('dim_period') }}
    where basis in ('Q', 'H')
),

levels as (
    select
        'authority' as org_level,
        authority_code,
        authority_name,
        minimum_n
    from {{ ref('stg_control__run') }}
    union all
    select
        'service' as org_level,
        authority_code,
        authority_name,
        minimum_n
    from {{ ref('stg_control__run') }}
)
{%- endmacro %}

{% macro voice_slot_columns(item) -%}
voice_periods.basis,
        voice_periods.period,
        levels.org_level,
        case when levels.org_level = 'authority' then levels.authority_code else {{ item }}.service_code end as org
{%- endmacro %}

{% macro voice_slot_joins(item, event_date) -%}
inner join voice_periods
        on {{ item }}.{{ event_date }} between voice_periods.period_start and voice_periods.reference_date
    cross join levels
{%- endmacro %}

{#- What a slot is called; `row` has basis, period, org_level and org. Joins voice_periods, levels and dim_service as `services`. -#}
{% macro voice_slot_names(row) -%}
{{ row }}.basis,
    {{ row }}.period,
    voice_periods.label,
    voice_periods.period_start,
    voice_periods.period_end,
    voice_periods.reference_date,
    voice_periods.is_closed,
    {{ row }}.org_level,
    {{ row }}.org,
    case when {{ row }}.org_level = 'authority' then levels.authority_name else coalesce(services.service_name, {{ row }}.org) end
        as org_name
{%- endmacro %}

{% macro voice_slot_name_joins(row) -%}
inner join voice_periods on {{ row }}.basis = voice_periods.basis and {{ row }}.period = voice_periods.period
inner join levels on {{ row }}.org_level = levels.org_level
left join {{ ref('dim_service') }} as services on {{ row }}.org = services.service_code
{%- endmacro %}

{#- A figure of too few is told by its counts alone. -#}
{% macro voice_status(number) -%}
case when {{ number }} < levels.minimum_n then 'u' else '' end as status,
    case when {{ number }} < levels.minimum_n then 'fewer than ' || cast(levels.minimum_n as varchar) end as status_reason
{%- endmacro %}

{% macro voice_percent(numerator, denominator) -%}
case
        when {{ denominator }} >= levels.minimum_n and {{ denominator }} > 0
            then {{ round_half_up(numerator, denominator, 100, 1) }}
    end
{%- endmacro %}
