-- List 5: section 47 enquiries open at some time in six months, or with a conference in them; where the source does not say when an
-- enquiry ended, those begun in them. Two of a child on one day are one row, the one with a conference. The counts are of the 12
-- months before this enquiry, which is not counted; a conference that several enquiries led to counts once.
with

judged as (
    select
        days.period,
        days.reference_date,
        enquiries.s47_key,
        enquiries.child_key,
        enquiries.strategy_discussion_date,
        enquiries.source_route,
        enquiries.icpc_not_required,
        enquiries.end_date is null or enquiries.end_date > days.reference_date as is_open,
        case when enquiries.icpc_date <= days.reference_date then enquiries.icpc_date end as icpc_date,
        enquiries.icpc_led_to_plan,
        enquiries.team_code,
        enquiries.worker_key,
        row_number() over (
            partition by days.period, enquiries.child_key, enquiries.strategy_discussion_date
            order by enquiries.icpc_date nulls last, enquiries.s47_key
        ) as place
    from {{ ref('fct_s47_enquiries') }} as enquiries
    inner join {{ ref('int_annex_a__days') }} as days
        on
            enquiries.strategy_discussion_date <= days.reference_date
            and (
                enquiries.strategy_discussion_date >= days.window_start
                or enquiries.end_date >= days.window_start
                or (enquiries.end_date is null and enquiries.source_route = 'ssd')
                or enquiries.icpc_date >= days.window_start
            )
),

counted as (
    select
        judged.period,
        judged.s47_key,
        count(distinct earlier.s47_key) filter (
            where earlier.strategy_discussion_date >= {{ add_months('judged.strategy_discussion_date', -12) }}
        ) as enquiries,
        count(distinct earlier.icpc_date) filter (
            where
            earlier.icpc_date >= {{ add_months('judged.strategy_discussion_date', -12) }}
            and earlier.icpc_date < judged.strategy_discussion_date
        ) as conferences
    from judged
    inner join {{ ref('fct_s47_enquiries') }} as earlier
        on judged.child_key = earlier.child_key and judged.strategy_discussion_date > earlier.strategy_discussion_date
    where judged.place = 1
    group by judged.period, judged.s47_key
),

listed as (
    select
        judged.period,
        judged.reference_date,
        judged.child_key,
        judged.strategy_discussion_date,
        judged.strategy_discussion_date as case_day,
        -- by the case system it is decided when the enquiry has ended
        case when not judged.is_open or judged.source_route <> 'ssd' then judged.icpc_not_required end as icpc_not_required,
        judged.icpc_date,
        case when judged.icpc_date is not null then judged.icpc_led_to_plan end as icpc_led_to_plan,
        coalesce(counted.enquiries, 0) as s47_last_12_months,
        coalesce(counted.conferences, 0) as icpcs_last_12_months,
        judged.team_code,
        judged.worker_key
    from judged
    left join counted on judged.period = counted.period and judged.s47_key = counted.s47_key
    where judged.place = 1
)

select
    listed.period,
    listed.child_key,
    {{ listed_child() }},
    children.disability,
    listed.strategy_discussion_date,
    listed.icpc_not_required,
    listed.icpc_date,
    listed.icpc_led_to_plan,
    cast(listed.s47_last_12_months as integer) as s47_last_12_months,
    cast(listed.icpcs_last_12_months as integer) as icpcs_last_12_months,
    {{ listed_case_columns() }}
from listed
inner join {{ ref('dim_child') }} as children on listed.child_key = children.child_key
{{ listed_case_joins(by_allocation=true) }}
