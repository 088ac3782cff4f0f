-- The practice standards in force, dated, by what sets the time: a timescale and its unit. An edition without an end holds
-- until the next one of the same standard begins; of two that begin on one day the longer text of the source decides nothing:
-- the shorter timescale, which is the stricter, holds.
with

editions as (
    select
        standard,
        standard_title,
        timescale,
        timescale_unit,
        counted_from,
        valid_from,
        valid_to,
        row_number() over (partition by standard, valid_from order by timescale asc, standard_title asc) as place
    from {{ ref('stg_reference__practice_standards') }}
    where timescale is not null
),

followed as (
    select
        standard,
        standard_title,
        timescale,
        timescale_unit,
        counted_from,
        valid_from,
        valid_to,
        {{ add_days('lead(valid_from) over (partition by standard order by valid_from)', -1) }} as last_day_before_next
    from editions
    where place = 1
)

select
    standard,
    standard_title,
    cast(timescale as integer) as timescale,
    timescale_unit,
    counted_from,
    valid_from,
    least(
        coalesce(valid_to, cast('9999-12-31' as date)), coalesce(last_day_before_next, cast('9999-12-31' as date))
    ) as valid_to
from followed
