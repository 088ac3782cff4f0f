{#-
    Arithmetic of control charts and funnels in whole ten-thousandths (the unit of decimal(18,4)), because every engine adds,
    compares and divides integers alike, and a line that differs in its last digit would move a point across it.
-#}

{#- A decimal(18,4) as a number of ten-thousandths, and back. -#}
{% macro ten_thousandths(value) -%}
    cast(cast({{ value }} as decimal(28, 4)) * 10000 as bigint)
{%- endmacro %}

{% macro from_ten_thousandths(number) -%}
    cast(({{ number }}) * 0.0001 as decimal(18, 4))
{%- endmacro %}

{#-
    The limit of a funnel in per cent, held between 0 and 100: the proportion of so many (`denominator`) whose Wilson score interval
    at `z` ends at `share`. Wilson's interval holds every value that is within z standard errors of the observed proportion, with
    the error the value itself would have; read from the value's side, that is z such errors from it. Exact binomial limits need
    a quantile function, which engines do not share.
-#}
{% macro funnel_limit(share, denominator, z, sign) -%}
    {%- set limit = '100 * (' ~ share ~ ' ' ~ sign ~ ' ' ~ z ~ ' * sqrt(' ~ share ~ ' * (1 - ' ~ share ~ ') / ' ~ denominator ~ '))' -%}
    cast(round(least(greatest({{ limit }}, 0), 100), 4) as decimal(18, 4))
{%- endmacro %}
