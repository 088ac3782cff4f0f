{#-
    Whether a change is one for the better or worse: at least the smallest change that means something, which is data. A change of 0 is
    none, even where the smallest is given as 0.
-#}
{% macro star_outcome(change, smallest) -%}
case
        when {{ smallest }} is null then 'not_classified'
        when {{ change }} > 0 and {{ change }} >= {{ smallest }} then 'improved'
        when {{ change }} < 0 and -({{ change }}) >= {{ smallest }} then 'worse'
        else 'same'
    end
{%- endmacro %}
