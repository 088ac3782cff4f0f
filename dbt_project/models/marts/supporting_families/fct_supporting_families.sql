-- One row per family and engagement with the programme. A family that comes back is a second engagement.
-- What lies after the as-at date has not happened.
with

engagements as (
    select
        keys.family_key,
        families.programme,
        {{ by_as_at('families.identified_date') }} as identified_date,
        families.engaged_date,
        case
            when families.whole_family_assessment_date <= run.as_at then families.whole_family_assessment_date
        end as assessment_date,
        {{ by_as_at('families.whole_family_plan_date') }} as plan_date,
        families.lead_professional_role,
        families.lead_professional_agency,
        families.needs_count,
        {{ by_as_at('families.family_closed_date') }} as closed_date,
        {{ by_as_at('families.family_closed_date', 'families.family_closure_reason') }} as closure_reason,
        run.as_at,
        families.team_code as team_name,
        families.snapshot_date,
        families.load_id,
        families.row_number
    from {{ ref('stg_supporting_families__families') }} as families
    inner join {{ ref('stg_control__family_keys') }} as keys on families.family_id = keys.family_id
    cross join {{ ref('stg_control__run') }} as run
    where families.engaged_date <= run.as_at
)

select
    {{ row_key(['engagements.family_key', 'engagements.engaged_date']) }} as supporting_family_key,
    engagements.family_key,
    engagements.programme,
    engagements.identified_date,
    engagements.engaged_date,
    engagements.assessment_date,
    engagements.plan_date,
    engagements.lead_professional_role,
    engagements.lead_professional_agency,
    engagements.needs_count,
    engagements.closed_date,
    engagements.closure_reason,
    {{ days_between('engagements.identified_date', 'engagements.engaged_date') }} as days_to_engagement,
    {{ days_between('engagements.engaged_date', 'coalesce(engagements.closed_date, engagements.as_at)') }} as days_engaged,
    {{ team_columns() }},
    engagements.load_id,
    engagements.row_number
from engagements
{{ team_joins('engagements', 'engagements.engaged_date') }}
