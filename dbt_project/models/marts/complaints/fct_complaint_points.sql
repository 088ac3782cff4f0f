-- One row per complaint, stage and point looked into. A point is decided on its own day or with the answer of its stage; one looked
-- into again at the next stage is decided again there. Outcome and day are known from that day on.
select
    {{ row_key(['stages.complaint_stage_key', 'points.point_no']) }} as complaint_point_key,
    stages.complaint_stage_key,
    stages.complaint_key,
    stages.child_key,
    stages.procedure,
    stages.stage,
    cast(points.point_no as integer) as point_number,
    coalesce(points.theme, 'not_recorded') as theme,
    {{ by_as_at('coalesce(points.decided_date, stages.responded_date)') }} as decided_date,
    {{ by_as_at('coalesce(points.decided_date, stages.responded_date)', 'points.outcome') }} as outcome,
    stages.service_code,
    stages.team_code,
    points.load_id,
    points.row_number
from {{ ref('stg_complaints__complaint_points') }} as points
cross join {{ ref('stg_control__run') }} as run
inner join {{ ref('stg_control__complaint_keys') }} as keys on points.complaint_id = keys.complaint_id
inner join {{ ref('fct_complaint_stages') }} as stages on keys.complaint_key = stages.complaint_key and points.stage = stages.stage
