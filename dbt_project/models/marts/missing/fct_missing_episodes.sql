-- One row per absence: overlapping reports are put together, from the first start to the last end. Missing is the stronger word
-- for one absence, and one report that says an interview was offered says so for all.
with

absences as (
    select
        child_key,
        absence_number,
        max(date_of_birth) as date_of_birth,
        min(missing_episode_id) as first_episode_id,
        min(start_at) as start_at,
        -- over when every report says so; of one without an end another, that began later, says that it is not the last
        case when count(*) = count(end_at) then max(end_at) end as end_at,
        case when max(case when missing_type = 'missing' then 1 else 0 end) = 1 then 'missing' else max(missing_type) end as missing_type,
        count(*) as reports,
        max(case return_interview_offered when 'yes' then 1 when 'no' then 0 end) as interview_offered,
        max(case return_interview_accepted when 'yes' then 1 when 'no' then 0 end) as interview_accepted,
        max(load_id) as load_id,
        max(row_number) as row_number
    from {{ ref('int_missing__absences') }}
    group by child_key, absence_number
),

dated as (
    select
        child_key,
        {{ row_key(['child_key', 'first_episode_id']) }} as missing_episode_key,
        date_of_birth,
        start_at,
        cast(start_at as date) as start_date,
        end_at,
        cast(end_at as date) as end_date,
        missing_type,
        reports,
        interview_offered,
        interview_accepted,
        load_id,
        row_number,
        lead(start_at) over (partition by child_key order by start_at) as next_start_at
    from absences
),

short_breaks as (
    select
        children.child_key,
        statuses.legal_status_start_date as start_date,
        statuses.legal_status_end_date as end_date
    from {{ ref('stg_ssd__legal_status') }} as statuses
    inner join {{ ref('int_children__identities') }} as children on statuses.child_id = children.child_id
    where statuses.legal_status in ('V3', 'V4')
),

-- In care on the day: begun by then and not ended by then, under 18, and not for a short break.
in_care as (
    select dated.missing_episode_key
    from dated
    inner join {{ ref('int_health__care_periods') }} as periods
        on
            dated.child_key = periods.child_key
            and dated.start_date >= periods.start_date
            and dated.start_date < {{ end_or_never('periods.end_date') }}
    left join short_breaks
        on
            dated.child_key = short_breaks.child_key
            and dated.start_date >= short_breaks.start_date
            and dated.start_date < {{ end_or_never('short_breaks.end_date') }}
    where
        short_breaks.child_key is null
        and coalesce({{ age_in_years('dated.date_of_birth', 'dated.start_date') }} < 18, true)
    group by dated.missing_episode_key
),

-- Without episodes of care nobody can be told to be out of it.
care_loads as (
    select count(*) as loads
    from {{ ref('stg_control__loads') }}
    where source = 'ssd' and table_name = 'cla_episodes'
),

-- The absences of the same type in the days up to this one, itself included: the window of 12 months begins the day after the
-- same calendar day of the year before, that of 90 days has 90 days.
repeats as (
    select
        dated.missing_episode_key,
        count(*) as episodes_last_12_months,
        count(*) filter (where earlier.start_date > {{ add_days('dated.start_date', -90) }}) as episodes_last_90_days
    from dated
    inner join dated as earlier
        on
            dated.child_key = earlier.child_key
            and coalesce(dated.missing_type, '') = coalesce(earlier.missing_type, '')
            and dated.start_at >= earlier.start_at
            and earlier.start_date > {{ add_months('dated.start_date', -12) }}
    group by dated.missing_episode_key
)

select
    dated.missing_episode_key,
    dated.child_key,
    dated.missing_type,
    dated.start_date,
    dated.start_at,
    dated.end_date,
    dated.end_at,
    dated.end_at is null and dated.next_start_at is null as is_still_missing,
    {{ hours_between('dated.start_at', 'dated.end_at') }} as hours_missing,
    {{ days_between('dated.start_date', 'dated.end_date') }} as days_missing,
    case when in_care.missing_episode_key is not null then true when care_loads.loads > 0 then false end as is_looked_after,
    {{ age_in_years('dated.date_of_birth', 'dated.start_date') }} as age,
    dated.reports,
    repeats.episodes_last_12_months,
    repeats.episodes_last_90_days,
    case dated.interview_offered when 1 then true when 0 then false end as is_interview_offered,
    case dated.interview_accepted when 1 then true when 0 then false end as is_interview_accepted,
    worker_keys.worker_key,
    {{ allocation_columns() }},
    dated.load_id,
    dated.row_number
from dated
cross join care_loads
inner join repeats on dated.missing_episode_key = repeats.missing_episode_key
left join in_care on dated.missing_episode_key = in_care.missing_episode_key
{{ allocation_joins('dated', 'dated.start_date') }}
left join {{ ref('stg_control__worker_keys') }} as worker_keys on allocation.worker_id = worker_keys.worker_id
