-- Factors of authorised assessments as recorded: a list of codes, or an entry per factor that says yes or no. Only what was
-- found has a row. A factor recorded twice of one assessment is one.
with

found as (
    select
        factors.assessment_id,
        {{ recorded_factor('items.item') }} as factor,
        min(items.load_id) as load_id,
        min(items.row_number) as row_number
    from {{ ref('stg_ssd__assessment_factors') }} as factors
    inner join {{ ref('stg_ssd__assessment_factor_items') }} as items
        on factors.assessment_factors_id = items.assessment_factors_id
    where {{ is_factor_found('items.value') }}
    group by factors.assessment_id, {{ recorded_factor('items.item') }}
)

select
    {{ row_key(['assessments.assessment_key', 'found.factor']) }} as assessment_factor_key,
    assessments.assessment_key,
    assessments.child_key,
    assessments.authorisation_date,
    found.factor,
    {{ assessment_factor_group('found.factor') }} as factor_group,
    {{ assessment_factor_subject('found.factor') }} as factor_subject,
    {{ team_columns() }},
    found.load_id,
    found.row_number
from found
-- the case system's assessments only: another route has no number to find them by
inner join {{ ref('int_assessment__assessments') }} as assessments on found.assessment_id = assessments.assessment_id
{{ team_joins('assessments', 'assessments.authorisation_date') }}
where assessments.authorisation_date is not null
