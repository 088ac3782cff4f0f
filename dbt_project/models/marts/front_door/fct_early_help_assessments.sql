select
    {{ row_key(['children.child_key', 'assessments.assessment_start_date', 'assessments.organisation']) }} as early_help_assessment_key,
    children.child_key,
    assessments.assessment_start_date as start_date,
    case
        when assessments.assessment_completion_date <= run.as_at then assessments.assessment_completion_date
    end as completion_date,
    assessments.organisation,
    assessments.load_id,
    assessments.row_number
from {{ ref('stg_annex_a__early_help_assessments') }} as assessments
cross join {{ ref('stg_control__run') }} as run
inner join {{ ref('int_children__identities') }} as children on assessments.child_id = children.child_id
where assessments.is_current and assessments.assessment_start_date <= run.as_at
