-- One row per dispute, stage and day it was reached, by the as-at date.
select
    {{ row_key(['disputes.dispute_key', 'stages.stage', 'stages.entered_date']) }} as dispute_stage_key,
    disputes.dispute_key,
    disputes.child_key,
    stages.stage,
    stages.stage_order,
    stages.entered_date,
    stages.due_date,
    {{ by_as_at('stages.left_date') }} as left_date,
    left_days.working_day_index - entered.working_day_index as working_days_at_stage,
    disputes.service_code,
    disputes.team_code,
    stages.load_id,
    stages.row_number
from {{ ref('stg_quality_assurance__dispute_stages') }} as stages
inner join {{ ref('stg_control__run') }} as run on stages.entered_date <= run.as_at
inner join {{ ref('stg_quality_assurance__dispute_resolutions') }} as recorded on stages.drp_id = recorded.drp_id
inner join {{ ref('int_children__identities') }} as children on recorded.child_id = children.child_id
inner join {{ ref('fct_dispute_resolutions') }} as disputes
    on {{ row_key(['children.child_key', 'recorded.drp_id']) }} = disputes.dispute_key
left join {{ ref('dim_date') }} as entered on stages.entered_date = entered.date_day
left join {{ ref('dim_date') }} as left_days on {{ by_as_at('stages.left_date') }} = left_days.date_day
