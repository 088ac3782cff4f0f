{#-
    Outcomes of the case system are entries of a list or of a set of flags (tables <thing>_outcomes: item, value). True when
    the entry is there and says yes, false when it says no, null when the record holds no such entry. For a `group by`.
-#}
{% macro outcome_flag(item) -%}
    max(
        case
            when upper(trim(item)) = '{{ item }}'
                then case when upper(trim(value)) in ('Y', 'YES', 'TRUE', '1') then 1 else 0 end
        end
    ) = 1
{%- endmacro %}
