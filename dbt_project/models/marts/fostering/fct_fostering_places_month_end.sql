-- Places by kind of household, added up. Places on hold are null where any household does not tell (before the extract's own day).
-- Filled places are counted from the stays, restricted records among them: this table is in no zone, it serves the figures.
with

filled as (
    select
        households.household_key,
        households.month,
        -- a child shown under two numbers fills one place
        count(distinct placements.child_key) as places_filled
    from {{ ref('fct_fostering_households_month_end') }} as households
    inner join {{ ref('fct_fostering_placements') }} as placements
        on
            households.household_key = placements.household_key
            and households.reference_date >= placements.start_date
            and households.reference_date < {{ end_or_never('placements.end_date') }}
    where placements.is_place_used
    group by households.household_key, households.month
)

select
    households.month,
    households.reference_date,
    households.household_kind,
    households.household_group,
    households.team_code,
    households.service_code,
    count(*) as households,
    cast(sum(case when households.is_temporarily_approved then 1 else 0 end) as bigint) as households_temporarily_approved,
    cast(sum(households.approved_places) as bigint) as approved_places,
    case
        when count(households.places_on_hold) = count(*) then cast(sum(households.places_on_hold) as bigint)
    end as places_on_hold,
    cast(sum(coalesce(filled.places_filled, 0)) as bigint) as places_filled
from {{ ref('fct_fostering_households_month_end') }} as households
left join filled on households.household_key = filled.household_key and households.month = filled.month
group by
    households.month, households.reference_date, households.household_kind, households.household_group,
    households.team_code, households.service_code
