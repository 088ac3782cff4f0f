{#- Groups of the DfE's codes, for breakdowns that a single code is too small for. -#}

{#- Source of a contact or referral: the first character of the code is the agency. -#}
{% macro contact_source_group(code) -%}
    case
        when {{ code }} like '1%' and {{ code }} <> '10' then 'individual'
        when {{ code }} = '2A' then 'schools'
        when {{ code }} like '2%' then 'education_services'
        when {{ code }} like '3%' then 'health_services'
        when {{ code }} like '4%' then 'housing'
        when {{ code }} like '5%' then 'local_authority_services'
        when {{ code }} like '6%' then 'police'
        when {{ code }} like '7%' then 'other_legal_agency'
        when {{ code }} like '8%' then 'other'
        when {{ code }} like '9%' then 'anonymous'
        else 'unknown'
    end
{%- endmacro %}

{#- The five census groups; refused and not yet obtained are not known. -#}
{% macro ethnicity_group(code) -%}
    case
        when {{ code }} in ('WBRI', 'WIRI', 'WIRT', 'WOTH', 'WROM') then 'white'
        when {{ code }} in ('MWBC', 'MWBA', 'MWAS', 'MOTH') then 'mixed'
        when {{ code }} in ('AIND', 'APKN', 'ABAN', 'AOTH', 'CHNE') then 'asian'
        when {{ code }} in ('BCRB', 'BAFR', 'BOTH') then 'black'
        when {{ code }} = 'OOTH' then 'other'
        else 'not_known'
    end
{%- endmacro %}
