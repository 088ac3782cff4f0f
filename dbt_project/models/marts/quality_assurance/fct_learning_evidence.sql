-- One row per piece of evidence, by the as-at date, whether practice changed after a learning point: a re-audit, a KPI, feedback or an
-- observation. Evidence from before the learning was shared cannot show what the sharing did.
with

keyed as (
    select
        learning_point_id,
        {{ row_key(['learning_point_id', 'identified_date']) }} as learning_point_key
    from {{ ref('stg_quality_assurance__learning_points') }}
)

select
    {{ row_key(['evidence.evidence_id', 'points.learning_point_key']) }} as learning_evidence_key,
    points.learning_point_key,
    points.theme,
    points.learning_source,
    points.service_code,
    evidence.evidence_type,
    audits.audit_key,
    evidence.kpi,
    evidence.evidence_date,
    {{ answered_yes('evidence.change_shown') }} as is_change_shown,
    points.first_shared_date,
    coalesce(evidence.evidence_date > points.first_shared_date, false) as is_after_sharing,
    evidence.load_id,
    evidence.row_number
from {{ ref('stg_quality_assurance__learning_evidence') }} as evidence
inner join {{ ref('stg_control__run') }} as run on evidence.evidence_date <= run.as_at
inner join keyed on evidence.learning_point_id = keyed.learning_point_id
inner join {{ ref('fct_learning_points') }} as points on keyed.learning_point_key = points.learning_point_key
left join {{ ref('stg_control__audit_keys') }} as audits on evidence.audit_id = audits.audit_id
