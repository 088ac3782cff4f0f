-- Distance travelled: per intervention, respondent and area the first start star with the last end star on or after it. Only areas scored
-- at both are pairs, and only where both were scored on the same scale: points of different scales are no distance. The last mid-way
-- star between the two is shown and not used.
--
-- Improved or worse is a change of at least the smallest one that means something, as agreed for the version the family began with;
-- without one agreed it is not classified.
with

scored as (
    select
        intervention_key,
        child_key,
        respondent,
        area,
        stage,
        star_date,
        score,
        version,
        coalesce(scale_minimum, 0) as scale_minimum,
        scale_maximum,
        coalesce(scale_maximum, 0) as scale_top,
        smallest_area_change,
        service_code,
        team_code,
        load_id,
        row_number
    from {{ ref('int_voice__stars') }}
    where left_out_reason is null
),

starts as (
    select
        intervention_key,
        respondent,
        area,
        star_date,
        score,
        version,
        scale_minimum,
        scale_maximum,
        scale_top,
        smallest_area_change,
        row_number() over (
            partition by intervention_key, respondent, area order by star_date, row_number
        ) as start_rank
    from scored
    where stage = 'start'
),

ends as (
    select
        ends.intervention_key,
        ends.child_key,
        ends.respondent,
        ends.area,
        starts.star_date as start_date,
        ends.star_date as end_date,
        starts.score as start_score,
        ends.score as end_score,
        starts.version,
        starts.scale_maximum,
        starts.smallest_area_change,
        starts.scale_minimum = ends.scale_minimum and starts.scale_top = ends.scale_top as is_same_scale,
        ends.service_code,
        ends.team_code,
        ends.load_id,
        ends.row_number,
        row_number() over (
            partition by ends.intervention_key, ends.respondent, ends.area order by ends.star_date desc, ends.row_number desc
        ) as end_rank
    from scored as ends
    inner join starts
        on
            ends.intervention_key = starts.intervention_key
            and ends.respondent = starts.respondent
            and ends.area = starts.area
            and ends.star_date >= starts.star_date
    where ends.stage = 'end' and starts.start_rank = 1
),

mids as (
    select
        mids.intervention_key,
        mids.respondent,
        mids.area,
        mids.star_date,
        mids.score,
        row_number() over (
            partition by mids.intervention_key, mids.respondent, mids.area order by mids.star_date desc, mids.row_number desc
        ) as mid_rank
    from scored as mids
    inner join ends
        on
            mids.intervention_key = ends.intervention_key
            and mids.respondent = ends.respondent
            and mids.area = ends.area
            and mids.star_date between ends.start_date and ends.end_date
    where mids.stage = 'mid' and ends.end_rank = 1
)

select
    {{ row_key(['ends.intervention_key', 'ends.respondent', 'ends.area']) }} as pair_key,
    ends.intervention_key,
    ends.child_key,
    ends.respondent,
    ends.area,
    ends.version,
    ends.start_date,
    mids.star_date as mid_date,
    ends.end_date,
    cast(ends.start_score as integer) as start_score,
    cast(mids.score as integer) as mid_score,
    cast(ends.end_score as integer) as end_score,
    cast(ends.end_score - ends.start_score as integer) as change,
    {{ star_outcome('ends.end_score - ends.start_score', 'ends.smallest_area_change') }} as outcome,
    ends.start_score >= ends.scale_maximum as is_start_at_top,
    ends.service_code,
    ends.team_code,
    ends.load_id,
    ends.row_number
from ends
left join mids
    on
        ends.intervention_key = mids.intervention_key
        and ends.respondent = mids.respondent
        and ends.area = mids.area
        and mids.mid_rank = 1
where ends.end_rank = 1 and ends.is_same_scale
