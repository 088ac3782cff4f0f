-- Children for whom an initial child protection conference is awaited at the reference date of each month end; one row per child,
-- with the enquiry that has waited longest. A conference is awaited after an enquiry that called for one while none of the child
-- has been held since the strategy discussion, no child protection plan has begun since, and the episode of need is still open.
-- By the case system an enquiry calls for a conference when it ended with that outcome by the reference date; while it is open it is
-- not decided. Annex A has neither outcome nor end: there a conference is awaited unless it was judged unnecessary, and the
-- list tells its last state only. Working days are counted from the strategy discussion, which is day 0.
with

waiting as (
    select
        cases.month,
        cases.reference_date,
        cases.child_key,
        cases.team_code,
        cases.service_code,
        cases.worker_key,
        enquiries.s47_key,
        enquiries.source_route,
        enquiries.strategy_discussion_date,
        case
            when enquiries.source_route = 'annex_a' then true
            else
                coalesce(enquiries.icpc_not_required = 'no', false)
                and (enquiries.end_date is null or enquiries.end_date <= cases.reference_date)
        end as is_conference_decided,
        enquiries.load_id,
        enquiries.row_number
    from {{ ref('fct_cin_plans_month_end') }} as cases
    inner join {{ ref('fct_s47_enquiries') }} as enquiries
        on
            cases.child_key = enquiries.child_key
            and cases.start_date <= enquiries.strategy_discussion_date
            and cases.reference_date >= enquiries.strategy_discussion_date
    -- judged unnecessary by the reference date; by Annex A at whatever time
    where
        coalesce(enquiries.icpc_not_required, 'no') = 'no'
        or enquiries.end_date > cases.reference_date
),

-- what has served the child since, of whichever enquiry
served as (
    select
        child_key,
        icpc_date as served_date
    from {{ ref('fct_icpcs') }}
    union distinct
    select
        child_key,
        start_date as served_date
    from {{ ref('fct_cp_plans') }}
    where not coalesce(is_other_authority_plan, false)
),

still_waiting as (
    select
        waiting.month,
        waiting.reference_date,
        waiting.child_key,
        waiting.team_code,
        waiting.service_code,
        waiting.worker_key,
        waiting.s47_key,
        waiting.source_route,
        waiting.strategy_discussion_date,
        waiting.is_conference_decided,
        waiting.load_id,
        waiting.row_number,
        row_number() over (
            partition by waiting.child_key, waiting.month
            order by
                case when waiting.is_conference_decided then 0 else 1 end,
                waiting.strategy_discussion_date,
                waiting.s47_key
        ) as place
    from waiting
    left join served
        on
            waiting.child_key = served.child_key
            and served.served_date between waiting.strategy_discussion_date and waiting.reference_date
    where served.child_key is null
)

select
    still_waiting.month,
    still_waiting.reference_date,
    still_waiting.s47_key,
    still_waiting.child_key,
    still_waiting.source_route,
    still_waiting.strategy_discussion_date,
    still_waiting.is_conference_decided,
    referred.working_day_index - conference_standard_from.working_day_index as working_days_waited,
    {{ due_after('still_waiting.strategy_discussion_date', 'conference_standard') }} as due_date,
    {{ is_overdue(
        in_time_until('still_waiting.strategy_discussion_date', 'conference_standard'), 'still_waiting.reference_date', 'known.known_to'
    ) }} as is_overdue,
    still_waiting.team_code,
    still_waiting.service_code,
    still_waiting.worker_key,
    still_waiting.load_id,
    still_waiting.row_number
from still_waiting
left join {{ ref('int_control__known_to') }} as known on known.fact = 'icpcs'
left join {{ ref('dim_date') }} as referred on still_waiting.reference_date = referred.date_day
{{ standard_join('initial_conference', 'still_waiting.strategy_discussion_date', 'conference_standard') }}
{{ due_joins('still_waiting.strategy_discussion_date', 'conference_standard') }}
where still_waiting.place = 1
