-- One row per agency that refers, leads early help, provides placements, assesses adopters or holds return interviews, as far as
-- a source names any. Known by a code where the source has one, else by its name in small letters; never a person.
with

sources_of_referrals as (
    select contact_source as code from {{ ref('stg_ssd__contacts') }}
    union distinct
    select referral_source as code from {{ ref('stg_ssd__cin_episodes') }}
    union distinct
    select contact_source as code from {{ ref('stg_annex_a__contacts') }}
    union distinct
    select referral_source as code from {{ ref('stg_annex_a__referrals') }}
    union distinct
    select referral_source as code from {{ ref('stg_portal_referrals__portal_referrals') }}
),

-- The portal names the agency too; one that came under sources of several groups is in none of them.
portal_agencies as (
    select
        lower(trim(agency)) as code,
        min(trim(agency)) as agency_name,
        case
            when
                min({{ contact_source_group('referral_source') }}) = max({{ contact_source_group('referral_source') }})
                then min({{ contact_source_group('referral_source') }})
            else 'several'
        end as agency_group
    from {{ ref('stg_portal_referrals__portal_referrals') }}
    where trim(agency) <> ''
    group by lower(trim(agency))
),

early_help as (
    select organisation from {{ ref('stg_ssd__early_help_episodes') }}
    union distinct
    select organisation from {{ ref('stg_annex_a__early_help_assessments') }}
    union distinct
    select lead_professional_agency as organisation from {{ ref('stg_supporting_families__early_help_cases') }}
),

providers as (
    select distinct placement_provider as code
    from {{ ref('stg_ssd__cla_placement') }}
),

interviewers as (
    select distinct interviewer_organisation as code
    from {{ ref('stg_return_interviews__return_interviews') }}
),

agencies as (
    select
        'referrer' as kind,
        code,
        replace({{ contact_source_group('code') }}, '_', ' ') as agency_name,
        {{ contact_source_group('code') }} as agency_group
    from sources_of_referrals
    union all
    select
        'referrer' as kind,
        code,
        agency_name,
        agency_group
    from portal_agencies
    union all
    select
        'early_help_organisation' as kind,
        lower(trim(organisation)) as code,
        min(replace(trim(organisation), '_', ' ')) as agency_name,
        'early_help' as agency_group
    from early_help
    where trim(organisation) <> ''
    group by lower(trim(organisation))
    union all
    select
        'placement_provider' as kind,
        code,
        replace({{ placement_provider_group('code') }}, '_', ' ') as agency_name,
        {{ placement_provider_group('code') }} as agency_group
    from providers
    union all
    select
        'adoption_agency' as kind,
        lower(trim(adoption_agency)) as code,
        min(trim(adoption_agency)) as agency_name,
        'adoption' as agency_group
    from {{ ref('stg_adoption__adopter_families') }}
    where trim(adoption_agency) <> ''
    group by lower(trim(adoption_agency))
    union all
    select
        'return_interviewer' as kind,
        code,
        replace(code, '_', ' ') as agency_name,
        {{ interviewer_group('code') }} as agency_group
    from interviewers
),

-- A name of the portal may be spelled like a code: one row, that of the name.
named as (
    select
        kind,
        code,
        agency_name,
        agency_group,
        row_number() over (partition by kind, lower(trim(code)) order by code, agency_name) as place
    from agencies
    where trim(code) <> ''
)

select
    {{ row_key(['kind', 'lower(trim(code))']) }} as agency_key,
    kind,
    code,
    agency_name,
    agency_group
from named
where place = 1
