-- What each source says about each child; the newest snapshot and then the lowest list number are believed first.
-- A child whom a source names without saying more is a child too, without demographics. In the case system's list of people
-- stand mothers as well: one of whom nothing else is told is no child.
with

-- The expected day of birth stands in for the date of birth while it lies ahead.
disabilities as (
    select
        child_id,
        max(case when disability_code is null or disability_code = 'NONE' then 'no' else 'yes' end) as disability
    from {{ ref('stg_ssd__disability') }}
    group by child_id
),

unaccompanied as (
    select distinct child_id
    from {{ ref('stg_ssd__immigration_status') }}
    where immigration_status in ('uasc', 'former_uasc')
),

case_system as (
    select
        people.child_id,
        coalesce(
            people.birth_date, case when people.expected_date_of_birth > run.as_at then people.expected_date_of_birth end
        ) as date_of_birth,
        people.sex as gender,
        people.ethnicity,
        coalesce(disabilities.disability, 'unknown') as disability,
        {{ by_as_at('people.death_date') }} as death_date,
        people.has_ehcp,
        case when unaccompanied.child_id is not null then 'yes' else 'no' end as uasc,
        people.snapshot_date,
        0 as list_number,
        people.row_number
    from {{ ref('stg_ssd__person') }} as people
    cross join {{ ref('stg_control__run') }} as run
    left join disabilities on people.child_id = disabilities.child_id
    left join unaccompanied on people.child_id = unaccompanied.child_id
    left join {{ ref('stg_control__clients') }} as clients on people.child_id = clients.child_id
    where people.is_mother is null or people.is_mother <> 'yes' or clients.child_id is not null
),

said as (
    select
        child_id,
        date_of_birth,
        gender,
        ethnicity,
        disability,
        death_date,
        has_ehcp,
        uasc,
        snapshot_date,
        list_number,
        row_number
    from case_system
    union all
    {{ demographics('stg_annex_a__contacts', 1, has_disability=false) }}
    union all
    {{ demographics('stg_annex_a__early_help_assessments', 2, has_disability=false) }}
    union all
    {{ demographics('stg_annex_a__referrals', 3, has_disability=false) }}
    union all
    {{ demographics('stg_annex_a__assessments', 4, has_disability=true) }}
    union all
    {{ demographics('stg_annex_a__section_47_enquiries', 5, has_disability=true) }}
    union all
    {{ demographics('stg_annex_a__children_in_need', 6, has_disability=true) }}
    union all
    {{ demographics('stg_annex_a__child_protection_plans', 7, has_disability=true) }}
    union all
    {{ demographics('stg_annex_a__children_looked_after', 8, has_disability=true, has_uasc=true) }}
    union all
    {{ demographics('stg_annex_a__care_leavers', 9, has_disability=true, has_uasc=true) }}
    union all
    {{ demographics('stg_annex_a__children_for_adoption', 10, has_disability=true) }}
),

listed as (
    select distinct child_id
    from said
)

select
    child_id,
    date_of_birth,
    gender,
    ethnicity,
    disability,
    death_date,
    has_ehcp,
    uasc,
    snapshot_date,
    list_number,
    row_number
from said

union all

select
    clients.child_id,
    cast(null as date) as date_of_birth,
    cast(null as varchar) as gender,
    cast(null as varchar) as ethnicity,
    cast(null as varchar) as disability,
    cast(null as date) as death_date,
    cast(null as varchar) as has_ehcp,
    cast(null as varchar) as uasc,
    cast(null as date) as snapshot_date,
    99 as list_number,
    cast(null as integer) as row_number
from {{ ref('stg_control__clients') }} as clients
left join listed on clients.child_id = listed.child_id
where listed.child_id is null
