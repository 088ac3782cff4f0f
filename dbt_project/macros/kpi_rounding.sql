{#-
    numerator * scale / denominator, rounded half up (halves away from zero) to `decimals` places, as decimal(18,4).

    Integer arithmetic, because binary floats and half-even rounding both miss published figures: the Department for
    Education rounds half up (25 of 25 exact ties in its published files). 2 * n * scale * 10^d + denominator, divided by
    2 * denominator without its remainder, is that rounding; the remainder is taken off first, so that the division is
    exact in any engine, whatever its `/` means for integers. The caller makes sure that the denominator is above 0.
-#}
{% macro round_half_up(numerator, denominator, scale, decimals) -%}
    {%- set doubled = '(2 * abs(cast(' ~ numerator ~ ' as bigint)) * ' ~ scale ~ ' * ' ~ power_of_ten(decimals)
        ~ ' + cast(' ~ denominator ~ ' as bigint))' -%}
    {%- set divisor = '(2 * cast(' ~ denominator ~ ' as bigint))' -%}
    cast(
        cast(
            case when {{ numerator }} < 0 then -1 else 1 end
            * (({{ doubled }} - mod({{ doubled }}, {{ divisor }})) / {{ divisor }})
            as decimal(18, 4)
        ) / {{ power_of_ten(decimals) }}
        as decimal(18, 4)
    )
{%- endmacro %}

{#- 10^decimals as an integer for a column or a literal between 0 and 4. -#}
{% macro power_of_ten(decimals) -%}
    (case {{ decimals }} when 0 then 1 when 1 then 10 when 2 then 100 when 3 then 1000 when 4 then 10000 end)
{%- endmacro %}
