-- Places by kind of household, added up. Places on hold are null where any household does not tell (before the extract's own day).
-- Where the households of a kind are few, the numbers are small: counts of places, never of a child's circumstances.
select
    month,
    reference_date,
    household_kind,
    household_group,
    team_code,
    service_code,
    count(*) as households,
    cast(sum(case when is_temporarily_approved then 1 else 0 end) as bigint) as households_temporarily_approved,
    cast(sum(approved_places) as bigint) as approved_places,
    case when count(places_on_hold) = count(*) then cast(sum(places_on_hold) as bigint) end as places_on_hold,
    cast(sum(places_filled) as bigint) as places_filled
from {{ ref('fct_fostering_households_month_end') }}
group by month, reference_date, household_kind, household_group, team_code, service_code
