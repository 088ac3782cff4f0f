-- Stays of children in own homes that have begun. A stay that ends on the as-at day is closed. A matching assessment made by the day
-- the child came was made before the stay.
with

stays as (
    select
        children.child_key,
        children.date_of_birth,
        stays.home_id,
        stays.home_stay_id,
        stays.home_stay_start_date as start_date,
        {{ by_as_at('stays.home_stay_end_date') }} as end_date,
        stays.emergency_admission,
        {{ by_as_at('stays.impact_assessment_date') }} as impact_assessment_date,
        {{ by_as_at('stays.home_stay_end_date', 'stays.home_stay_end_planned') }} as home_stay_end_planned,
        run.as_at,
        stays.load_id,
        stays.row_number
    from {{ ref('stg_residential__home_stays') }} as stays
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on stays.child_id = children.child_id
    where stays.home_stay_start_date <= run.as_at
)

select
    {{ row_key(['stays.child_key', 'stays.home_stay_id']) }} as residential_stay_key,
    stays.child_key,
    homes.home_key,
    homes.home_kind,
    stays.start_date,
    stays.end_date,
    {{ days_between('stays.start_date', 'coalesce(stays.end_date, stays.as_at)') }} as nights_stayed,
    {{ age_in_years('stays.date_of_birth', 'stays.start_date') }} as age_at_start,
    {{ answered_yes('stays.emergency_admission') }} as is_emergency_admission,
    stays.impact_assessment_date,
    coalesce(stays.impact_assessment_date <= stays.start_date, false) as is_assessed_before,
    {{ answered_yes('stays.home_stay_end_planned') }} as is_end_planned,
    coalesce(homes.team_code, 'unmapped') as team_code,
    coalesce(homes.service_code, 'unmapped') as service_code,
    stays.load_id,
    stays.row_number
from stays
inner join {{ ref('stg_control__home_keys') }} as home_keys on stays.home_id = home_keys.home_id
left join {{ ref('dim_home') }} as homes on home_keys.home_key = homes.home_key
