-- Section 47 enquiries that have begun, by the route the fact takes. The case system gives siblings enquired about together one
-- number, so an enquiry is a number and a child; a child recorded under two ids may have it twice, and stands once. Annex A
-- has no number: there an enquiry is a child and the day of the strategy discussion.
with

outcomes as (
    select
        outcomes.s47_enquiry_id,
        outcomes.child_id,
        {{ outcome_flag('OUTCOME_NFA_FLAG') }} as is_nfa,
        {{ outcome_flag('OUTCOME_CP_CONFERENCE_FLAG') }} as is_conference_agreed
    from {{ ref('stg_ssd__s47_outcomes') }} as outcomes
    group by outcomes.s47_enquiry_id, outcomes.child_id
),

-- what an enquiry came to is known when it has ended
case_system as (
    select
        children.child_key,
        enquiries.s47_enquiry_id,
        enquiries.s47_start_date as strategy_discussion_date,
        {{ by_as_at('enquiries.s47_end_date') }} as end_date,
        case
            when enquiries.s47_end_date > run.as_at then null
            when enquiries.s47_nfa is not null then enquiries.s47_nfa = 'yes'
            else outcomes.is_nfa
        end as is_nfa,
        case when enquiries.s47_end_date > run.as_at then null else outcomes.is_conference_agreed end as is_conference_agreed,
        enquiries.worker_id,
        enquiries.team_id as team_name,
        enquiries.snapshot_date,
        enquiries.load_id,
        enquiries.row_number,
        row_number() over (
            partition by children.child_key, enquiries.s47_enquiry_id
            order by enquiries.s47_start_date, enquiries.load_id, enquiries.row_number
        ) as place
    from {{ ref('stg_ssd__s47_enquiry') }} as enquiries
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on enquiries.child_id = children.child_id
    left join outcomes
        on enquiries.s47_enquiry_id = outcomes.s47_enquiry_id and enquiries.child_id = outcomes.child_id
    where enquiries.s47_start_date <= run.as_at and {{ on_route('s47_enquiries', 'ssd') }}
),

annex_a as (
    select
        children.child_key,
        enquiries.strategy_discussion_date,
        enquiries.icpc_not_required,
        enquiries.team_name,
        enquiries.snapshot_date,
        enquiries.load_id,
        enquiries.row_number,
        row_number() over (
            partition by children.child_key, enquiries.strategy_discussion_date
            order by enquiries.snapshot_date desc, enquiries.load_id desc, enquiries.row_number desc
        ) as place
    from {{ ref('stg_annex_a__section_47_enquiries') }} as enquiries
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on enquiries.child_id = children.child_id
    where enquiries.is_current and enquiries.strategy_discussion_date <= run.as_at and {{ on_route('s47_enquiries', 'annex_a') }}
)

select
    {{ row_key(['child_key', 's47_enquiry_id']) }} as s47_key,
    child_key,
    'ssd' as source_route,
    s47_enquiry_id,
    strategy_discussion_date,
    end_date,
    is_nfa,
    -- an enquiry that ended without further action needs no conference, even where the list of outcomes is silent
    case
        when is_conference_agreed then 'no'
        when not is_conference_agreed or is_nfa then 'yes'
    end as icpc_not_required,
    worker_id,
    team_name,
    snapshot_date,
    load_id,
    row_number
from case_system
where place = 1

union all

select
    {{ row_key(['child_key', 'strategy_discussion_date']) }} as s47_key,
    child_key,
    'annex_a' as source_route,
    cast(null as varchar) as s47_enquiry_id,
    strategy_discussion_date,
    cast(null as date) as end_date,
    cast(null as boolean) as is_nfa,
    icpc_not_required,
    cast(null as varchar) as worker_id,
    team_name,
    snapshot_date,
    load_id,
    row_number
from annex_a
where place = 1
