-- One row per practice observation planned. What is planned for after the as-at date stands here as planned. Why one was not done
-- is left out.
select
    keys.observation_key,
    workers.worker_key,
    observations.observed_role,
    coalesce(observations.practice_setting, 'not_recorded') as practice_setting,
    observations.targeted_audit_id is not null as is_part_of_targeted_audit,
    observations.planned_date,
    {{ by_as_at('observations.observed_date') }} as observed_date,
    {{ by_as_at('observations.observed_date', answered_yes('observations.feedback_given')) }} as is_feedback_given,
    {{ by_as_at('observations.observed_date', answered_yes('observations.learning_recorded')) }} as is_learning_recorded,
    coalesce(nullif(trim(observations.service_code), ''), 'unmapped') as service_code,
    coalesce(nullif(trim(observations.team_code), ''), 'unmapped') as team_code,
    observations.load_id,
    observations.row_number
from {{ ref('stg_quality_assurance__practice_observations') }} as observations
cross join {{ ref('stg_control__run') }} as run
inner join {{ ref('stg_control__observation_keys') }} as keys on observations.observation_id = keys.observation_id
left join {{ ref('stg_control__worker_keys') }} as workers on observations.observed_worker_id = workers.worker_id
