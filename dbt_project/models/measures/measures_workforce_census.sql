-- One row per social worker in post, agency worker, leaver of the year and part of the vacancies, on 30 September. Full-time
-- equivalents and days are in hundredths.
select
    {{ kpi_plain_item_columns('census', 'census_item_key', 'census_date', "cast(null as varchar)") }}
    census.source_route,
    case when census.item_kind = 'in_post' then {{ hundredths('census.full_time_equivalent') }} else 0 end as fte_in_post,
    case when census.item_kind = 'agency' then {{ hundredths('census.full_time_equivalent') }} else 0 end as fte_agency,
    case when census.item_kind = 'vacancies' then {{ hundredths('census.full_time_equivalent') }} else 0 end as fte_vacant,
    case when census.item_kind = 'leaver' then {{ hundredths('census.full_time_equivalent') }} else 0 end as fte_left,
    case
        when census.item_kind in ('in_post', 'vacancies') then {{ hundredths('census.full_time_equivalent') }} else 0
    end as fte_in_post_or_vacant,
    case
        when census.item_kind in ('in_post', 'agency') then {{ hundredths('census.full_time_equivalent') }} else 0
    end as fte_in_post_or_agency,
    case when census.cases_held > 0 then {{ hundredths('census.full_time_equivalent') }} else 0 end as fte_case_holders,
    coalesce(census.cases_held, 0) as cases_held,
    case when census.item_kind = 'in_post' then {{ hundredths('census.days_lost') }} else 0 end as days_lost,
    case
        when census.item_kind = 'in_post' then {{ hundredths('census.full_time_equivalent') }} * {{ working_days_of_a_year() }} else 0
    end as days_available,
    {{ kpi_flag("census.item_kind = 'in_post'") }} as is_in_post,
    {{ kpi_flag('census.full_time_equivalent is null') }} as is_fte_not_recorded
from {{ ref('fct_workforce_census') }} as census
{{ kpi_plain_item_joins('census', 'census_date') }}
