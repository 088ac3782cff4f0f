-- One row per family and outcome under a heading of the programme. The engagement, and with it the programme whose headings name the
-- outcome, is the family's latest begun by the day the need was identified; the headings are those in force when it began.
-- Whether an outcome lasted is null until it was checked.
with

needs as (
    select
        keys.family_key,
        outcomes.family_outcome_id,
        outcomes.outcome_heading,
        outcomes.need_identified_date,
        {{ by_as_at('outcomes.achieved_date') }} as achieved_date,
        {{ by_as_at('outcomes.achieved_date', 'outcomes.evidence_recorded') }} as evidence_recorded,
        {{ by_as_at('outcomes.achieved_date', 'outcomes.sustained_due_date') }} as sustained_due_date,
        {{ by_as_at('outcomes.sustained_date', 'outcomes.sustained') }} as sustained,
        {{ by_as_at('outcomes.sustained_date') }} as sustained_date,
        run.as_at,
        outcomes.load_id,
        outcomes.row_number
    from {{ ref('stg_supporting_families__family_outcomes') }} as outcomes
    inner join {{ ref('stg_control__family_keys') }} as keys on outcomes.family_id = keys.family_id
    cross join {{ ref('stg_control__run') }} as run
    where outcomes.need_identified_date <= run.as_at
),

engaged as (
    select
        needs.family_outcome_id,
        max(engagements.engaged_date) as engaged_date
    from needs
    inner join {{ ref('fct_supporting_families') }} as engagements
        on needs.family_key = engagements.family_key and needs.need_identified_date >= engagements.engaged_date
    group by needs.family_outcome_id
)

select
    {{ row_key(['needs.family_key', 'needs.family_outcome_id']) }} as supporting_families_outcome_key,
    needs.family_key,
    engagements.supporting_family_key,
    engagements.programme,
    needs.outcome_heading,
    headings.heading_title,
    needs.need_identified_date,
    needs.achieved_date,
    {{ answered_yes('needs.evidence_recorded') }} as is_evidence_recorded,
    needs.sustained_due_date,
    needs.sustained_due_date <= needs.as_at as is_sustained_due,
    {{ answered_yes('needs.sustained') }} as is_sustained,
    needs.sustained_date,
    coalesce(engagements.team_code, 'unmapped') as team_code,
    coalesce(engagements.service_code, 'unmapped') as service_code,
    needs.load_id,
    needs.row_number
from needs
left join engaged on needs.family_outcome_id = engaged.family_outcome_id
left join {{ ref('fct_supporting_families') }} as engagements
    on needs.family_key = engagements.family_key and engaged.engaged_date = engagements.engaged_date
left join {{ ref('stg_supporting_families__outcome_headings') }} as headings
    on
        engagements.programme = headings.programme
        and needs.outcome_heading = headings.outcome_heading
        and engagements.engaged_date >= headings.valid_from
        and engagements.engaged_date <= {{ end_or_never('headings.valid_to') }}
