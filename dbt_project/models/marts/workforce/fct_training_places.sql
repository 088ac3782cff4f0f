-- One row per course held by the as-at date and worker it was meant for or who came. A course answers a finding of quality assurance
-- when it names an audit theme or a learning product.
select
    {{ row_key(['workers.worker_key', 'training.course_id']) }} as training_place_key,
    workers.worker_key,
    training.course_date,
    coalesce(nullif(trim(training.theme), ''), 'none') as theme,
    training.theme is not null or training.learning_product_id is not null as is_after_finding,
    coalesce(training.target_group = 'yes', false) as is_target_group,
    {{ answered_yes('training.booked') }} as is_booked,
    {{ answered_yes('training.attended') }} as is_attended,
    coalesce(nullif(trim(training.service_code), ''), 'unmapped') as service_code,
    coalesce(nullif(trim(training.team_code), ''), 'unmapped') as team_code,
    training.load_id,
    training.row_number
from {{ ref('stg_workforce__training') }} as training
cross join {{ ref('stg_control__run') }} as run
inner join {{ ref('stg_control__worker_keys') }} as workers on training.worker_id = workers.worker_id
where training.course_date <= run.as_at
