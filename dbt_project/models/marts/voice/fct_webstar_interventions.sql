-- One row per intervention opened by the as-at date, with the stars scored in it by then, whoever scored them. A star without a score
-- is none. Paired: the same respondent scored an area at the start and at the end.
with

stars as (
    select
        stars.intervention_key,
        min(case when stars.stage = 'start' then stars.star_date end) as start_star_date,
        min(case when stars.stage = 'mid' then stars.star_date end) as mid_star_date,
        max(case when stars.stage = 'end' then stars.star_date end) as end_star_date
    from {{ ref('int_voice__stars') }} as stars
    where stars.left_out_reason is null
    group by stars.intervention_key
),

paired as (
    select distinct intervention_key
    from {{ ref('fct_webstar_pairs') }}
)

select
    keys.intervention_key,
    children.child_key,
    interventions.opened_date,
    interventions.star_expected = 'yes' as is_star_expected,
    coalesce(interventions.mid_star_expected = 'yes', false) as is_mid_star_expected,
    interventions.mid_point_due_date,
    {{ by_as_at('interventions.closed_date') }} as closed_date,
    {{ by_as_at('interventions.closed_date', "coalesce(interventions.closure_reason, 'not_recorded')") }} as closure_reason,
    stars.start_star_date,
    stars.mid_star_date,
    stars.end_star_date,
    paired.intervention_key is not null as is_paired,
    coalesce(nullif(trim(interventions.service_code), ''), 'unmapped') as service_code,
    coalesce(nullif(trim(interventions.team_code), ''), 'unmapped') as team_code,
    interventions.load_id,
    interventions.row_number
from {{ ref('stg_voice__webstar_interventions') }} as interventions
cross join {{ ref('stg_control__run') }} as run
inner join {{ ref('stg_control__intervention_keys') }} as keys on interventions.intervention_id = keys.intervention_id
left join {{ ref('int_children__identities') }} as children on interventions.child_id = children.child_id
left join stars on keys.intervention_key = stars.intervention_key
left join paired on keys.intervention_key = paired.intervention_key
where interventions.opened_date <= run.as_at
