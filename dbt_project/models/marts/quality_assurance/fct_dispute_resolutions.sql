-- One row per dispute raised by the as-at date, informally or formally. Working days of a formal dispute: day 0 is the day it was
-- opened formally. The first formal stage is the lowest one the register calls formal on the day the dispute was opened.
with

disputes as (
    select
        disputes.drp_id,
        children.child_key,
        disputes.plan_type,
        disputes.raised_by_role,
        disputes.theme,
        disputes.service_code,
        disputes.team_code,
        disputes.raised_date,
        {{ by_as_at('disputes.informal_resolved_date') }} as informal_resolved_date,
        {{ by_as_at('disputes.formal_raised_date') }} as formal_raised_date,
        {{ by_as_at('disputes.closed_date') }} as closed_date,
        {{ by_as_at('disputes.closed_date', 'disputes.resolved_at_stage') }} as resolved_at_stage,
        {{ by_as_at('disputes.closed_date', 'disputes.outcome') }} as outcome,
        {{ by_as_at('disputes.referred_to_cafcass_date') }} as referred_to_cafcass_date,
        disputes.load_id,
        disputes.row_number
    from {{ ref('stg_quality_assurance__dispute_resolutions') }} as disputes
    inner join {{ ref('stg_control__run') }} as run on disputes.raised_date <= run.as_at
    inner join {{ ref('int_children__identities') }} as children on disputes.child_id = children.child_id
),

first_formal_stages as (
    select
        disputes.drp_id,
        min(stages.stage_order) as stage_order
    from disputes
    inner join {{ ref('stg_quality_assurance__dispute_stage_register') }} as stages
        on
            disputes.formal_raised_date >= stages.valid_from
            and disputes.formal_raised_date <= {{ end_or_never('stages.valid_to') }}
    where stages.formal = 'yes'
    group by disputes.drp_id
),

resolving_stages as (
    select
        disputes.drp_id,
        min(stages.stage_order) as stage_order
    from disputes
    inner join {{ ref('stg_quality_assurance__dispute_stage_register') }} as stages
        on
            disputes.resolved_at_stage = stages.stage
            and disputes.closed_date >= stages.valid_from
            and disputes.closed_date <= {{ end_or_never('stages.valid_to') }}
    group by disputes.drp_id
),

due as (
    select
        disputes.drp_id,
        {{ due_after('disputes.formal_raised_date', 'dispute_standard') }} as resolution_due_date,
        {{ in_time_until('disputes.formal_raised_date', 'dispute_standard') }} as resolution_in_time_until
    from disputes
    {{ standard_join('dispute_resolution', 'disputes.formal_raised_date', 'dispute_standard') }}
    {{ due_joins('disputes.formal_raised_date', 'dispute_standard') }}
),

known as (
    {{ known_to('quality_assurance', 'dispute_resolutions') }}
)

select
    {{ row_key(['disputes.child_key', 'disputes.drp_id']) }} as dispute_key,
    disputes.child_key,
    coalesce(disputes.plan_type, 'unknown') as plan_type,
    disputes.raised_by_role,
    disputes.theme,
    coalesce(nullif(trim(disputes.service_code), ''), 'unmapped') as service_code,
    coalesce(nullif(trim(disputes.team_code), ''), 'unmapped') as team_code,
    disputes.raised_date,
    disputes.informal_resolved_date,
    disputes.formal_raised_date,
    disputes.formal_raised_date is not null as is_formal,
    disputes.closed_date,
    disputes.closed_date is null as is_open,
    disputes.outcome,
    disputes.resolved_at_stage,
    case when disputes.formal_raised_date is not null then resolving_stages.stage_order = first_formal_stages.stage_order end
        as is_resolved_at_first_stage,
    due.resolution_due_date,
    due.resolution_in_time_until,
    {{ done_in_time('disputes.closed_date', 'due.resolution_in_time_until', 'known.known_to') }} as is_resolved_in_time,
    closed.working_day_index - formal.working_day_index as working_days_to_close,
    disputes.referred_to_cafcass_date,
    disputes.load_id,
    disputes.row_number
from disputes
inner join due on disputes.drp_id = due.drp_id
cross join known
left join first_formal_stages on disputes.drp_id = first_formal_stages.drp_id
left join resolving_stages on disputes.drp_id = resolving_stages.drp_id
left join {{ ref('dim_date') }} as formal on disputes.formal_raised_date = formal.date_day
left join {{ ref('dim_date') }} as closed on disputes.closed_date = closed.date_day
