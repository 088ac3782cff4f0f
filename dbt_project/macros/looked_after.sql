{#- Rules of being looked after that several models share. -#}

{#-
    The day somebody reaches an age. Born on 29 February that is 1 March of a common year, because 28 February comes before
    the birthday.
-#}
{% macro birthday(date_of_birth, years) -%}
    case
        when extract(day from {{ add_months(date_of_birth, 12 * years) }}) < extract(day from {{ date_of_birth }})
            then {{ add_days(add_months(date_of_birth, 12 * years), 1) }}
        else {{ add_months(date_of_birth, 12 * years) }}
    end
{%- endmacro %}

{#- The day that ends care whatever is recorded: the 18th birthday, or the day of death before it. -#}
{% macro leaves_care_on(child) -%}
    case
            when {{ child }}.death_date < {{ birthday(child ~ '.date_of_birth', 18) }} then {{ child }}.death_date
            else coalesce({{ birthday(child ~ '.date_of_birth', 18) }}, {{ child }}.death_date)
        end
{%- endmacro %}

{#- A series of short breaks is no period of care. A status that is not known is none either. -#}
{% macro is_short_break(legal_status) -%}
    coalesce({{ legal_status }} in ('V3', 'V4'), false)
{%- endmacro %}

{#- The statuses under which a child is looked after (or on short breaks): a child has one of them at a time. -#}
{% macro is_care_status(legal_status) -%}
    {{ legal_status }} in ('C1', 'C2', 'D1', 'E1', 'V2', 'V3', 'V4', 'L1', 'L2', 'L3', 'J1', 'J2', 'J3')
{%- endmacro %}

{% macro legal_status_group(code) -%}
    case
        when {{ code }} is null then 'unknown'
        when {{ code }} = 'C1' then 'interim_care_order'
        when {{ code }} = 'C2' then 'full_care_order'
        when {{ code }} = 'E1' then 'placement_order'
        when {{ code }} = 'D1' then 'freed_for_adoption'
        when {{ code }} = 'V2' then 'section_20'
        when {{ code }} in ('L1', 'L2', 'L3') then 'emergency_protection'
        when {{ code }} in ('J1', 'J2', 'J3') then 'youth_justice'
        when {{ code }} in ('V3', 'V4') then 'short_breaks'
        when {{ code }} in ('deprivation_of_liberty', 'secure_accommodation') then {{ code }}
        else 'not_looked_after'
    end
{%- endmacro %}

{#- Kinds of home as the national return groups them; H5 is semi-independent living. -#}
{% macro placement_type_group(code) -%}
    case
        when {{ code }} is null then 'unknown'
        when {{ code }} in ('U1', 'U2', 'U3') then 'kinship'
        when {{ code }} in ('U4', 'U5', 'U6') then 'foster'
        when {{ code }} in ('A3', 'A4', 'A5', 'A6') then 'adoption'
        when {{ code }} = 'P1' then 'parents'
        when {{ code }} in ('P2', 'H5') then 'independent_living'
        when {{ code }} in ('K1', 'K2') then 'childrens_home'
        when {{ code }} in ('R1', 'R2', 'R3', 'S1') then 'other_residential'
        when {{ code }} = 'R5' then 'custody'
        when {{ code }} like 'T%' then 'temporary'
        else 'other'
    end
{%- endmacro %}

{#- The entries of a care plan's JSON, in the words of the code list permanence_plan, by the order of that list. -#}
{% macro ranked_permanence_plan(item) -%}
    case replace(upper({{ item }}), 'PERM_PLAN_', '')
        {%- for plan, names in [
            ('1 return_to_family', ['RETURN', 'RETURN1M', 'RETURN6M', 'RETURNEV']),
            ('2 adoption', ['ADOPTION']),
            ('3 sgo_cao', ['SGO_CAO']),
            ('4 supported_living', ['SUPPORTED_LIVING', 'SUPPLIV']),
            ('5 residential', ['RESIDENTIAL', 'RESPLMT']),
            ('6 long_term_fostering', ['LONG_TERM_FOSTERING', 'LTRELFR', 'LTFOST18']),
            ('7 other', ['OTHER', 'REMAINSUP']),
        ] %}
        {%- for name in names %}
        when '{{ name }}' then '{{ plan }}'
        {%- endfor %}
        {%- endfor %}
    end
{%- endmacro %}

{#- Why a period of care ended, as the national tables group the reasons. -#}
{% macro care_end_group(code) -%}
    case
        when {{ code }} is null then 'not_recorded'
        when {{ code }} in ('E11', 'E12') then 'adopted'
        when {{ code }} in ('E43', 'E44', 'E45', 'E46', 'E47', 'E48') then 'special_guardianship'
        when {{ code }} = 'E41' then 'child_arrangements'
        when {{ code }} = 'E4A' then 'returned_home_planned'
        when {{ code }} = 'E4B' then 'returned_home_unplanned'
        when {{ code }} in ('E5', 'E6', 'E17') then 'moved_on'
        else 'other'
    end
{%- endmacro %}

{#- Who fosters: a relative or friend, whoever approved them; else carers of the authority, of an agency, or of another body. -#}
{% macro fostering_group(placement_type, placement_provider) -%}
    case
        when {{ placement_type_group(placement_type) }} = 'kinship' then 'connected_carer'
        when {{ placement_provider }} = 'PR1' then 'in_house'
        when {{ placement_provider }} in ('PR4', 'PR5') then 'agency'
        when {{ placement_provider }} is null then 'not_recorded'
        else 'other'
    end
{%- endmacro %}
