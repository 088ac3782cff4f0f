-- Child and parent side by side: one row per intervention, stage and area scored by both, from the first start star and the last end
-- star of each. The gap is known on the day of the later of the two.
with

scored as (
    select
        stars.intervention_key,
        stars.child_key,
        stars.respondent,
        stars.area,
        stars.stage,
        stars.star_date,
        stars.score,
        stars.service_code,
        stars.team_code,
        stars.load_id,
        stars.row_number,
        row_number() over (
            partition by stars.intervention_key, stars.respondent, stars.area, stars.stage
            order by
                case when stars.stage = 'start' then stars.star_date end asc,
                case when stars.stage = 'end' then stars.star_date end desc,
                stars.row_number asc
        ) as place
    from {{ ref('int_voice__stars') }} as stars
    where stars.left_out_reason is null and stars.stage in ('start', 'end')
)

select
    {{ row_key(['by_child.intervention_key', 'by_child.stage', 'by_child.area']) }} as gap_key,
    by_child.intervention_key,
    by_child.child_key,
    by_child.stage,
    by_child.area,
    greatest(by_child.star_date, by_parent.star_date) as both_scored_date,
    cast(by_child.score as integer) as child_score,
    cast(by_parent.score as integer) as parent_score,
    cast(by_parent.score - by_child.score as integer) as gap,
    by_child.service_code,
    by_child.team_code,
    by_child.load_id,
    by_child.row_number
from scored as by_child
inner join scored as by_parent
    on
        by_child.intervention_key = by_parent.intervention_key
        and by_child.stage = by_parent.stage
        and by_child.area = by_parent.area
where
    by_child.respondent = 'child' and by_child.place = 1
    and by_parent.respondent = 'parent' and by_parent.place = 1
