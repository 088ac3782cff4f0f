{#-
    green, amber, red or '' (no rating) of a value against its target.

    H: at or above the target is green, down to target - tolerance amber. L: the mirror image. range: inside
    [target, target_high] green, within the tolerance outside it amber. N is never rated, nor is anything without a value,
    without a target (a range: without both ends), or for which `is_rateable` does not hold. Both ends of every band belong
    to the better colour.
-#}
{% macro kpi_rag(value, target, target_high, tolerance, polarity, is_rateable) -%}
    {%- set slack = 'coalesce(' ~ tolerance ~ ', 0)' -%}
    case
        when not ({{ is_rateable }}) or {{ value }} is null or {{ target }} is null then ''
        when {{ polarity }} = 'H' then
            case
                when {{ value }} >= {{ target }} then 'green'
                when {{ value }} >= {{ target }} - {{ slack }} then 'amber'
                else 'red'
            end
        when {{ polarity }} = 'L' then
            case
                when {{ value }} <= {{ target }} then 'green'
                when {{ value }} <= {{ target }} + {{ slack }} then 'amber'
                else 'red'
            end
        when {{ polarity }} = 'range' and {{ target_high }} is not null then
            case
                when {{ value }} between {{ target }} and {{ target_high }} then 'green'
                when {{ value }} between {{ target }} - {{ slack }} and {{ target_high }} + {{ slack }} then 'amber'
                else 'red'
            end
        else ''
    end
{%- endmacro %}

{#-
    Direction of travel from the value before: better, worse or same by the polarity; higher or lower where neither is good or a
    range has no two ends. Nearer to a range is better. '' without both values.
-#}
{% macro kpi_direction(value, previous, low, high, polarity, is_sound) -%}
    case
        when not ({{ is_sound }}) or {{ value }} is null or {{ previous }} is null then ''
        when {{ value }} = {{ previous }} then 'same'
        when {{ polarity }} = 'H' then case when {{ value }} > {{ previous }} then 'better' else 'worse' end
        when {{ polarity }} = 'L' then case when {{ value }} < {{ previous }} then 'better' else 'worse' end
        when {{ polarity }} = 'range' and {{ low }} is not null and {{ high }} is not null
            then
                case
                    when {{ kpi_off_range(value, low, high) }} < {{ kpi_off_range(previous, low, high) }} then 'better'
                    when {{ kpi_off_range(value, low, high) }} > {{ kpi_off_range(previous, low, high) }} then 'worse'
                    else 'same'
                end
        when {{ value }} > {{ previous }} then 'higher'
        else 'lower'
    end
{%- endmacro %}

{#- How far a value lies outside a range; 0 inside. -#}
{% macro kpi_off_range(value, low, high) -%}
    case
        when {{ value }} < {{ low }} then {{ low }} - {{ value }}
        when {{ value }} > {{ high }} then {{ value }} - {{ high }}
        else 0
    end
{%- endmacro %}
