{#-
    numerator * scale / denominator, rounded half up (halves away from zero) to `decimals` places, as decimal(18,4).

    Integer arithmetic, because binary floats and half-even rounding both miss published figures: the Department for
    Education rounds half up (25 of 25 exact ties in its published files). The caller makes sure that the denominator is above 0.
-#}
{% macro round_half_up(numerator, denominator, scale, decimals) -%}
    {%- set scaled = '(cast(' ~ numerator ~ ' as bigint) * ' ~ scale ~ ' * ' ~ power_of_ten(decimals) ~ ')' -%}
    cast(
        cast({{ whole_half_up(scaled, 'cast(' ~ denominator ~ ' as bigint)') }} as decimal(18, 4)) / {{ power_of_ten(decimals) }}
        as decimal(18, 4)
    )
{%- endmacro %}

{#-
    numerator / divisor of two integers, rounded half up (halves away from zero) to an integer. The remainder is taken off
    first, so that the division is exact whatever the engine's `/` means for integers. The divisor is above 0.
-#}
{% macro whole_half_up(numerator, divisor) -%}
    {%- set doubled = '(2 * abs(' ~ numerator ~ ') + ' ~ divisor ~ ')' -%}
    {%- set twice = '(2 * ' ~ divisor ~ ')' -%}
    (
        case when {{ numerator }} < 0 then -1 else 1 end
        * cast(({{ doubled }} - mod({{ doubled }}, {{ twice }})) / {{ twice }} as bigint)
    )
{%- endmacro %}

{#- 10^decimals as an integer for a column or a literal between 0 and 4. -#}
{% macro power_of_ten(decimals) -%}
    (case {{ decimals }} when 0 then 1 when 1 then 10 when 2 then 100 when 3 then 1000 when 4 then 10000 end)
{%- endmacro %}
