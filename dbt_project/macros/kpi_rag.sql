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
