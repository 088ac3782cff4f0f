{#- What statistics need of an engine beyond sums: sums and square roots, no functions of its own. -#}

{#-
    The 97.5% point of Student's t with so many degrees of freedom, for two-sided 95% intervals: the expansion of Cornish and Fisher
    around the normal 1.96 (Abramowitz and Stegun 26.7.5). Within 0.2% of the table from 3 degrees of freedom on and within 0.01%
    from 10; too small for 1 and 2, of which no interval is made.
-#}
{% macro student_t_975(degrees_of_freedom) -%}
    {%- set z = 1.959963984540054 -%}
    {%- set g1 = (z ** 3 + z) / 4 -%}
    {%- set g2 = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96 -%}
    {%- set g3 = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384 -%}
    {%- set g4 = (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160 -%}
    {%- set v = 'cast(' ~ degrees_of_freedom ~ ' as double)' -%}
    ({{ z }} + {{ g1 }} / {{ v }} + {{ g2 }} / ({{ v }} * {{ v }}) + {{ g3 }} / ({{ v }} * {{ v }} * {{ v }})
        + {{ g4 }} / ({{ v }} * {{ v }} * {{ v }} * {{ v }}))
{%- endmacro %}

{#- Variance of a sample of two or more from its number, sum and sum of squares; never below 0, whatever rounding does. -#}
{% macro sample_variance(number, total, total_of_squares) -%}
    (greatest(
        cast({{ total_of_squares }} as double) - cast({{ total }} as double) * cast({{ total }} as double) / {{ number }}, 0
    ) / ({{ number }} - 1))
{%- endmacro %}

{#- Half the width of the 95% interval of a mean; null for fewer than four. -#}
{% macro half_width_of_mean(number, total, total_of_squares) -%}
    case
        when {{ number }} > 3
            then {{ student_t_975(number ~ ' - 1') }} * sqrt({{ sample_variance(number, total, total_of_squares) }} / {{ number }})
    end
{%- endmacro %}
