-- One row per child and stretch of days on which neither its most advanced status nor the district of its home changes. The
-- stretches of a child follow one another without a gap over all time; valid_to is the day after the last. The day something
-- ends is no day of it any more.
with

-- The order is that of the sampling frame of audits: looked after before a protection plan, that before a plan as a child in need.
statuses as (
    select
        child_key,
        start_date,
        {{ end_or_never('end_date') }} as end_date,
        1 as place
    from {{ ref('fct_cla_periods') }}
    where not coalesce(is_short_breaks, false)
    union all
    select
        child_key,
        start_date,
        {{ end_or_never('end_date') }} as end_date,
        2 as place
    from {{ ref('fct_cp_plans') }}
    union all
    select
        child_key,
        start_date,
        {{ end_or_never('end_date') }} as end_date,
        3 as place
    from {{ ref('fct_cin_plans') }}
    union all
    select
        child_key,
        start_date,
        {{ end_or_never('authorisation_date') }} as end_date,
        4 as place
    from {{ ref('fct_assessments') }}
    union all
    select
        child_key,
        first_seen_date as start_date,
        case when is_receiving_service then {{ end_or_never('null') }} else {{ add_days('reference_date', 1) }} end as end_date,
        5 as place
    from {{ ref('fct_care_leavers') }}
    union all
    select
        child_key,
        referral_date as start_date,
        {{ end_or_never('close_date') }} as end_date,
        6 as place
    from {{ ref('fct_cin_episodes') }}
    union all
    select
        child_key,
        start_date,
        {{ end_or_never('end_date') }} as end_date,
        7 as place
    from {{ ref('fct_early_help_episodes') }}
    union all
    select
        child_key,
        start_date,
        {{ end_or_never('end_date') }} as end_date,
        7 as place
    from {{ ref('fct_early_help_cases') }}
),

-- A home is where the child lived from its latest address on until the next one.
homes as (
    select
        children.child_key,
        addresses.address_start_date as start_date,
        {{ end_or_never('addresses.address_end_date') }} as end_date,
        districts.district,
        row_number() over (
            partition by children.child_key, addresses.address_start_date
            order by {{ end_or_never('addresses.address_end_date') }} desc, addresses.address_id desc
        ) as place
    from {{ ref('stg_ssd__address') }} as addresses
    inner join {{ ref('int_children__identities') }} as children on addresses.child_id = children.child_id
    inner join {{ ref('stg_reference__postcode_districts') }} as districts
        on
            substring(upper(trim(addresses.postcode)), 1, length(trim(addresses.postcode)) - 2)
            = upper(trim(districts.postcode_sector))
    where addresses.address_start_date is not null
),

district_spells as (
    select
        child_key,
        start_date,
        least(
            end_date, coalesce(lead(start_date) over (partition by child_key order by start_date), cast('9999-12-31' as date))
        ) as end_date,
        district
    from homes
    where place = 1
),

-- From the beginning of time, so that whatever is counted of a child finds a row.
boundaries as (
    select
        child_key,
        cast('1900-01-01' as date) as valid_from
    from {{ ref('dim_child') }}
    union
    select
        child_key,
        start_date as valid_from
    from statuses
    union
    select
        child_key,
        end_date as valid_from
    from statuses
    union
    select
        child_key,
        start_date as valid_from
    from district_spells
    union
    select
        child_key,
        end_date as valid_from
    from district_spells
),

stretches as (
    select
        child_key,
        valid_from,
        coalesce(lead(valid_from) over (partition by child_key order by valid_from), cast('9999-12-31' as date)) as valid_to
    from boundaries
    where valid_from < cast('9999-12-31' as date)
),

most_advanced as (
    select
        stretches.child_key,
        stretches.valid_from,
        min(statuses.place) as place
    from stretches
    inner join statuses
        on
            stretches.child_key = statuses.child_key
            and stretches.valid_from >= statuses.start_date
            and stretches.valid_from < statuses.end_date
    group by stretches.child_key, stretches.valid_from
)

select
    stretches.child_key,
    stretches.valid_from,
    stretches.valid_to,
    case most_advanced.place
        when 1 then 'looked_after'
        when 2 then 'child_protection_plan'
        when 3 then 'child_in_need_plan'
        when 4 then 'in_assessment'
        when 5 then 'care_leaver'
        when 6 then 'open_episode'
        when 7 then 'early_help'
        else 'none_open'
    end as plan_status,
    coalesce(district_spells.district, 'unknown') as district
from stretches
left join most_advanced
    on stretches.child_key = most_advanced.child_key and stretches.valid_from = most_advanced.valid_from
left join district_spells
    on
        stretches.child_key = district_spells.child_key
        and stretches.valid_from >= district_spells.start_date
        and stretches.valid_from < district_spells.end_date
