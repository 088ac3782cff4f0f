-- One row per family and programme year in which it was worked with: engaged at some time between the first and the last day of the
-- year. It counts from the first such day, which is the first of the year for a family carried over. Years ahead have no row.
with

worked_with as (
    select
        engagements.family_key,
        years.programme_year_key,
        years.programme,
        years.target_year,
        greatest(engagements.engaged_date, years.target_from) as counted_date,
        engagements.engaged_date < years.target_from as is_carried_over,
        engagements.supporting_family_key,
        engagements.team_code,
        engagements.service_code,
        engagements.load_id,
        engagements.row_number,
        -- a family that comes back in the year is worked with once
        row_number() over (
            partition by engagements.family_key, years.programme_year_key
            order by engagements.engaged_date asc, engagements.supporting_family_key asc
        ) as place
    from {{ ref('fct_supporting_families') }} as engagements
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('dim_programme_year') }} as years
        on
            engagements.engaged_date <= years.target_to
            and {{ end_or_never('engagements.closed_date') }} > years.target_from
            and run.as_at >= years.target_from
)

select
    {{ row_key(['family_key', 'programme_year_key']) }} as programme_family_key,
    family_key,
    programme_year_key,
    supporting_family_key,
    programme,
    target_year,
    counted_date,
    is_carried_over,
    team_code,
    service_code,
    load_id,
    row_number
from worked_with
where place = 1
