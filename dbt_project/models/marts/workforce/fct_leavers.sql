-- One row per worker and day of leaving by the as-at date. Who moves within the authority does not leave it. Why a single worker left
-- is left out.
select
    {{ row_key(['keys.worker_key', 'leavers.leaving_date']) }} as leaver_key,
    keys.worker_key,
    leavers.leaving_date,
    leavers.role,
    coalesce(leavers.agency = 'yes', false) as is_agency,
    coalesce(leavers.child_and_family_social_worker = 'yes', false) as is_social_worker,
    coalesce(leavers.reason = 'moved_within', false) as is_move_within_authority,
    {{ answered_yes('leavers.exit_interview') }} as is_exit_interview_held,
    cast(leavers.fte as decimal(18, 4)) as full_time_equivalent,
    coalesce(nullif(trim(leavers.service_code), ''), 'unmapped') as service_code,
    coalesce(nullif(trim(leavers.team_code), ''), 'unmapped') as team_code,
    leavers.load_id,
    leavers.row_number
from {{ ref('stg_workforce__leavers') }} as leavers
cross join {{ ref('stg_control__run') }} as run
inner join {{ ref('stg_control__worker_keys') }} as keys on leavers.worker_id = keys.worker_id
where leavers.leaving_date <= run.as_at
