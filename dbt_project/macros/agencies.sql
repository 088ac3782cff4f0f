{#- The key of an agency (dim_agency) of a kind, from its code or, where it has none, its name as given; a blank names none. -#}
{% macro agency_key(kind, code) -%}
    case when trim({{ code }}) <> '' then {{ row_key(["'" ~ kind ~ "'", 'lower(trim(' ~ code ~ '))']) }} end
{%- endmacro %}


{#- Provider of a placement: the authority's own, another public body, private, voluntary, or the parents. -#}
{% macro placement_provider_group(code) -%}
    case {{ code }}
        when 'PR0' then 'parents'
        when 'PR1' then 'own_provision'
        when 'PR2' then 'other_local_authority'
        when 'PR3' then 'other_public'
        when 'PR4' then 'private'
        when 'PR5' then 'voluntary'
        else 'unknown'
    end
{%- endmacro %}


{#- Who holds return interviews: staff of the authority, or somebody independent of it. -#}
{% macro interviewer_group(code) -%}
    case
        when {{ code }} in ('get_safe', 'social_worker', 'youth_service') then 'own_authority'
        when {{ code }} in ('independent', 'other_authority', 'other') then {{ code }}
        else 'unknown'
    end
{%- endmacro %}
