-- One row per action of an audit that was completed by the as-at date. Completed late is not completed at the 8-week review. An
-- action raises its theme on the day the audit was completed; the theme is a repeat when another audit of the team raised it in one
-- of the two quarters before. Whether it is one cannot be told without a theme, without a team or while those quarters are not held.
with

actions as (
    select
        actions.action_id,
        actions.audit_id,
        nullif(trim(actions.theme), '') as theme,
        actions.action_category,
        actions.owner_role,
        actions.due_date,
        case
            when actions.status = 'complete' and actions.completed_date > run.as_at then 'open'
            else actions.status
        end as status,
        {{ by_as_at('actions.completed_date') }} as completed_date,
        {{ by_as_at('actions.review_date') }} as review_date,
        {{ by_as_at('actions.review_date', 'actions.review_status') }} as review_status,
        {{ by_as_at('actions.review_date', 'actions.reviewer_role') }} as reviewer_role,
        {{ by_as_at('actions.review_date', 'actions.footprint_recorded') }} as footprint_recorded,
        actions.load_id,
        actions.row_number
    from {{ ref('int_quality_assurance__audit_actions') }} as actions
    cross join {{ ref('stg_control__run') }} as run
),

raised as (
    select distinct
        audits.team_code,
        actions.theme,
        {{ quarter_number('audits.completed_date') }} as raised_quarter
    from actions
    inner join {{ ref('fct_audits') }} as audits on actions.audit_id = audits.audit_id
    where audits.completed_date is not null and audits.team_code <> 'unmapped' and actions.theme is not null
),

-- the later quarters of each team and theme in which it is a repeat
repeats as (
    select distinct
        raised.team_code,
        raised.theme,
        raised.raised_quarter
    from raised
    inner join raised as earlier
        on
            raised.team_code = earlier.team_code
            and raised.theme = earlier.theme
            and earlier.raised_quarter between raised.raised_quarter - 2 and raised.raised_quarter - 1
),

held as (
    select {{ quarter_number('min(covered_from)') }} as first_quarter
    from {{ ref('int_control__coverage') }}
    where source = 'quality_assurance' and table_name = 'audits'
)

select
    {{ row_key(['audits.audit_key', 'actions.action_id']) }} as action_key,
    audits.audit_key,
    audits.child_key,
    actions.theme,
    actions.action_category,
    actions.owner_role,
    actions.due_date,
    actions.status,
    actions.completed_date,
    audits.completed_date as audit_completed_date,
    case
        when actions.theme is null or audits.team_code = 'unmapped' then null
        when repeats.theme is not null then true
        -- the first quarter held may be held in part
        when {{ quarter_number('audits.completed_date') }} - 2 > held.first_quarter then false
    end as is_repeat_theme,
    audits.review_due_date,
    actions.review_date,
    actions.review_status,
    actions.reviewer_role,
    actions.footprint_recorded,
    coalesce(actions.status = 'complete' and actions.completed_date <= audits.review_due_date, false) as is_complete_at_review,
    audits.template,
    audits.service_code,
    audits.team_code,
    actions.load_id,
    actions.row_number
from actions
inner join {{ ref('fct_audits') }} as audits on actions.audit_id = audits.audit_id and audits.completed_date is not null
cross join held
left join repeats
    on
        audits.team_code = repeats.team_code
        and actions.theme = repeats.theme
        and {{ quarter_number('audits.completed_date') }} = repeats.raised_quarter
