-- What is due for the open cases on the position date, each with its rule. The facts' own due dates are taken where they say what is
-- awaited; visits and reviews of plans are counted here from the last one held by the position date (or the start of the plan,
-- the conference for reviews) by the standard in force on the day counted from: day 0 is that day.
-- What is due on the position date is not overdue; where working days have to elapse, a day off after the due date is no day
-- late, as in the facts.
-- A recording gap is no breach: no visit or review is recorded at all where one must have been made, or the date the rule counts
-- from is missing. Whether the child was seen is not known then, which is another matter than not seen.
-- Of plans and periods that began before the visits held do, what was not recorded is not known: no row.
with

cases as (
    select
        position_date,
        child_key,
        status,
        opened_date,
        cla_key,
        cp_plan_key,
        cp_plan_start_date,
        cin_plan_key,
        cin_plan_start_date,
        care_leaver_key,
        worker_key,
        team_code,
        service_code
    from {{ ref('rpt_team_positions') }}
    where is_position_date
),

held as (
    select
        min(case when table_name = 'cp_visits' then covered_from end) as cp_visits_from,
        min(case when table_name = 'cp_reviews' then covered_from end) as cp_reviews_from,
        min(case when table_name = 'cin_visits' then covered_from end) as cin_visits_from,
        min(case when table_name = 'cla_health' then covered_from end) as health_checks_from
    from {{ ref('int_control__coverage') }}
    where source = 'ssd'
),

last_cp_visits as (
    select
        cases.cp_plan_key,
        max(visits.visit_date) as last_date
    from cases
    inner join {{ ref('fct_cp_visits') }} as visits
        on cases.cp_plan_key = visits.cp_plan_key and cases.position_date >= visits.visit_date
    group by cases.cp_plan_key
),

last_cp_reviews as (
    select
        cases.cp_plan_key,
        max(reviews.held_date) as last_date
    from cases
    inner join {{ ref('fct_cp_reviews') }} as reviews
        on cases.cp_plan_key = reviews.cp_plan_key and cases.position_date >= reviews.held_date
    group by cases.cp_plan_key
),

last_cin_visits as (
    select
        cases.cin_plan_key,
        max(visits.visit_date) as last_date
    from cases
    inner join {{ ref('fct_cin_visits') }} as visits
        on
            cases.child_key = visits.child_key
            and cases.cin_plan_start_date <= visits.visit_date
            and cases.position_date >= visits.visit_date
    group by cases.cin_plan_key
),

cla_visits as (
    select
        cases.child_key,
        cases.cla_key,
        visits.is_first_in_placement,
        visits.clock_start_date,
        visits.due_date,
        visits.visit_date is null or visits.visit_date > cases.position_date as is_awaited,
        max(case when visits.visit_date <= cases.position_date then visits.visit_date end) over (
            partition by cases.cla_key
        ) as last_date,
        -- of the visits not made, those before the child moved are no longer awaited
        row_number() over (
            partition by
                cases.cla_key,
                case when visits.visit_date is null or visits.visit_date > cases.position_date then 1 else 0 end
            order by visits.clock_start_date desc, visits.due_date desc
        ) as recency
    from cases
    inner join {{ ref('fct_cla_visits') }} as visits
        on cases.cla_key = visits.cla_key and cases.position_date >= visits.clock_start_date
),

cla_reviews as (
    select
        cases.child_key,
        cases.cla_key,
        periods.start_date,
        reviews.review_number,
        reviews.due_date,
        reviews.review_date is null or reviews.review_date > cases.position_date as is_awaited,
        max(case when reviews.review_date <= cases.position_date then reviews.review_date end) over (
            partition by cases.cla_key
        ) as last_date,
        row_number() over (
            partition by
                cases.cla_key,
                case when reviews.review_date is null or reviews.review_date > cases.position_date then 1 else 0 end
            order by reviews.due_date, reviews.cla_review_key
        ) as place
    from cases
    inner join {{ ref('fct_cla_periods') }} as periods on cases.cla_key = periods.cla_key
    inner join {{ ref('fct_cla_reviews') }} as reviews on cases.cla_key = reviews.cla_key and not reviews.is_cancelled
),

health_assessed as (
    select distinct cases.cla_key
    from cases
    inner join {{ ref('fct_cla_periods') }} as periods on cases.cla_key = periods.cla_key
    inner join {{ ref('fct_cla_health_checks') }} as checks
        on
            cases.child_key = checks.child_key
            and periods.start_date <= checks.held_date
            and cases.position_date >= checks.held_date
    where checks.check_group = 'health_assessment'
),

-- a plan of a later term takes the place of one that was never completed
education_plans as (
    select
        cases.child_key,
        plans.pep_key,
        plans.is_initial_plan,
        plans.due_date,
        plans.completed_date is null or plans.completed_date > cases.position_date as is_awaited,
        max(case when plans.completed_date <= cases.position_date then plans.completed_date end) over (
            partition by cases.child_key
        ) as last_date,
        row_number() over (partition by cases.child_key order by plans.due_date desc, plans.pep_key asc) as recency
    from cases
    inner join {{ ref('fct_peps') }} as plans on cases.child_key = plans.child_key
    where cases.cla_key is not null
),

-- of one return the interview is still to be held; an earlier one than the latest, or than the case, is past
return_interviews as (
    select
        cases.child_key,
        interviews.return_interview_key,
        interviews.returned_date,
        interviews.due_date,
        not coalesce(interviews.held_date <= cases.position_date, interviews.is_held)
        and coalesce(interviews.is_accepted, true) as is_awaited,
        row_number() over (
            partition by cases.child_key order by interviews.returned_date desc, interviews.return_interview_key asc
        ) as recency
    from cases
    inner join {{ ref('fct_return_interviews') }} as interviews
        on
            cases.child_key = interviews.child_key
            and cases.opened_date <= interviews.returned_date
            and cases.position_date >= interviews.returned_date
),

tasks as (
    select
        cases.child_key,
        'child protection visit' as task,
        cases.cp_plan_key as subject_key,
        'child_protection_visit' as standard,
        coalesce(visits.last_date, cases.cp_plan_start_date) as counted_from_date,
        visits.last_date,
        'none recorded since' as words_without_last,
        cast(null as date) as given_due_date,
        visits.last_date is null as is_gap_when_overdue,
        false as is_date_missing
    from cases
    cross join held
    left join last_cp_visits as visits on cases.cp_plan_key = visits.cp_plan_key
    where
        cases.cp_plan_key is not null
        and (visits.last_date is not null or cases.cp_plan_start_date >= held.cp_visits_from)

    union all

    select
        cases.child_key,
        'child protection review' as task,
        cases.cp_plan_key as subject_key,
        case when reviews.last_date is null then 'first_conference_review' else 'next_conference_reviews' end as standard,
        coalesce(reviews.last_date, plans.review_clock_date) as counted_from_date,
        reviews.last_date,
        'none recorded since' as words_without_last,
        cast(null as date) as given_due_date,
        reviews.last_date is null as is_gap_when_overdue,
        false as is_date_missing
    from cases
    cross join held
    inner join {{ ref('fct_cp_plans') }} as plans on cases.cp_plan_key = plans.cp_plan_key
    left join last_cp_reviews as reviews on cases.cp_plan_key = reviews.cp_plan_key
    where reviews.last_date is not null or plans.review_clock_date >= held.cp_reviews_from

    union all

    -- who is on a protection plan, looked after or a care leaver is visited as such
    select
        cases.child_key,
        'child in need visit' as task,
        cases.cin_plan_key as subject_key,
        'child_in_need_visit' as standard,
        coalesce(visits.last_date, cases.cin_plan_start_date) as counted_from_date,
        visits.last_date,
        'none recorded since' as words_without_last,
        cast(null as date) as given_due_date,
        visits.last_date is null as is_gap_when_overdue,
        false as is_date_missing
    from cases
    cross join held
    left join last_cin_visits as visits on cases.cin_plan_key = visits.cin_plan_key
    where
        cases.cin_plan_key is not null
        and cases.cp_plan_key is null
        and cases.cla_key is null
        and cases.care_leaver_key is null
        and (visits.last_date is not null or cases.cin_plan_start_date >= held.cin_visits_from)

    union all

    select
        child_key,
        'looked after visit' as task,
        cla_key as subject_key,
        case when is_first_in_placement then 'first_placement_visit' else 'placement_visit' end as standard,
        clock_start_date as counted_from_date,
        last_date,
        'none recorded since' as words_without_last,
        due_date as given_due_date,
        last_date is null as is_gap_when_overdue,
        false as is_date_missing
    from cla_visits
    where is_awaited and recency = 1 and due_date is not null

    union all

    select
        child_key,
        'looked after review' as task,
        cla_key as subject_key,
        case
            when review_number = 1 then 'first_care_review'
            when review_number = 2 then 'second_care_review'
            else 'next_care_reviews'
        end as standard,
        coalesce(last_date, start_date) as counted_from_date,
        last_date,
        'none recorded since' as words_without_last,
        due_date as given_due_date,
        last_date is null as is_gap_when_overdue,
        false as is_date_missing
    from cla_reviews
    where is_awaited and place = 1 and due_date is not null

    union all

    select
        cases.child_key,
        'assessment' as task,
        assessments.assessment_key as subject_key,
        'assessment' as standard,
        assessments.start_date as counted_from_date,
        cast(null as date) as last_date,
        'started' as words_without_last,
        assessments.due_date as given_due_date,
        false as is_gap_when_overdue,
        false as is_date_missing
    from cases
    inner join {{ ref('fct_assessments') }} as assessments
        on
            cases.child_key = assessments.child_key
            and cases.position_date >= assessments.start_date
            and cases.position_date < {{ end_or_never('assessments.authorisation_date') }}

    union all

    select
        cases.child_key,
        'initial child protection conference' as task,
        enquiries.s47_key as subject_key,
        'initial_conference' as standard,
        enquiries.strategy_discussion_date as counted_from_date,
        cast(null as date) as last_date,
        'strategy discussion' as words_without_last,
        enquiries.due_date as given_due_date,
        false as is_gap_when_overdue,
        false as is_date_missing
    from cases
    inner join {{ ref('fct_s47_enquiries') }} as enquiries
        on
            cases.child_key = enquiries.child_key
            and cases.opened_date <= enquiries.strategy_discussion_date
            and cases.position_date >= enquiries.strategy_discussion_date
            and cases.position_date < {{ end_or_never('enquiries.icpc_date') }}
    where
        coalesce(enquiries.icpc_not_required, 'no') <> 'yes'
        and not coalesce(enquiries.is_nfa, false)
        and (cases.cp_plan_start_date is null or cases.cp_plan_start_date < enquiries.strategy_discussion_date)

    union all

    select
        cases.child_key,
        'initial health assessment' as task,
        cases.cla_key as subject_key,
        'initial_health_assessment' as standard,
        periods.start_date as counted_from_date,
        cast(null as date) as last_date,
        'none recorded since' as words_without_last,
        cast(null as date) as given_due_date,
        false as is_gap_when_overdue,
        false as is_date_missing
    from cases
    cross join held
    inner join {{ ref('fct_cla_periods') }} as periods on cases.cla_key = periods.cla_key
    left join health_assessed on cases.cla_key = health_assessed.cla_key
    where health_assessed.cla_key is null and periods.start_date >= held.health_checks_from

    union all

    -- the virtual school sets the day: a plan of a term has no standard of its own
    select
        child_key,
        'personal education plan' as task,
        pep_key as subject_key,
        case when is_initial_plan then 'personal_education_plan' end as standard,
        cast(null as date) as counted_from_date,
        last_date,
        'none completed before' as words_without_last,
        due_date as given_due_date,
        false as is_gap_when_overdue,
        false as is_date_missing
    from education_plans
    where is_awaited and recency = 1 and due_date is not null

    union all

    -- young people who qualify for advice only have no pathway plan
    select
        cases.child_key,
        'pathway plan review' as task,
        cases.care_leaver_key as subject_key,
        'pathway_plan' as standard,
        leavers.pathway_plan_review_date as counted_from_date,
        leavers.pathway_plan_review_date as last_date,
        'no review recorded' as words_without_last,
        leavers.pathway_plan_due_date as given_due_date,
        false as is_gap_when_overdue,
        leavers.pathway_plan_review_date is null as is_date_missing
    from cases
    inner join {{ ref('fct_care_leavers') }} as leavers on cases.care_leaver_key = leavers.care_leaver_key
    where coalesce(leavers.eligibility, '') <> 'qualifying'

    union all

    select
        cases.child_key,
        'contact with care leaver' as task,
        cases.care_leaver_key as subject_key,
        'personal_adviser' as standard,
        leavers.latest_contact_date as counted_from_date,
        leavers.latest_contact_date as last_date,
        'no contact recorded' as words_without_last,
        leavers.contact_due_date as given_due_date,
        false as is_gap_when_overdue,
        leavers.latest_contact_date is null as is_date_missing
    from cases
    inner join {{ ref('fct_care_leavers') }} as leavers on cases.care_leaver_key = leavers.care_leaver_key

    union all

    select
        child_key,
        'return home interview' as task,
        return_interview_key as subject_key,
        'return_interview' as standard,
        returned_date as counted_from_date,
        cast(null as date) as last_date,
        'returned' as words_without_last,
        due_date as given_due_date,
        false as is_gap_when_overdue,
        false as is_date_missing
    from return_interviews
    where is_awaited and recency = 1
),

dated as (
    select
        cases.position_date,
        cases.child_key,
        cases.status,
        cases.worker_key,
        cases.team_code,
        cases.service_code,
        tasks.task,
        tasks.subject_key,
        tasks.counted_from_date,
        tasks.last_date,
        tasks.words_without_last,
        tasks.is_gap_when_overdue,
        tasks.is_date_missing,
        standard.standard,
        standard.standard_title,
        standard.timescale_unit,
        case when standard.standard is not null then {{ timescale_in_words('standard') }} end as timescale_words,
        coalesce(tasks.given_due_date, {{ due_after('tasks.counted_from_date', 'standard') }}) as due_date
    from tasks
    inner join cases on tasks.child_key = cases.child_key
    left join {{ ref('int_control__practice_standards') }} as standard
        on
            tasks.standard = standard.standard
            and coalesce(tasks.counted_from_date, cases.position_date) between standard.valid_from and standard.valid_to
    {{ due_joins('tasks.counted_from_date', 'standard') }}
),

counted as (
    select
        dated.position_date,
        dated.child_key,
        dated.status,
        dated.worker_key,
        dated.team_code,
        dated.service_code,
        dated.task,
        dated.subject_key,
        dated.counted_from_date,
        dated.last_date,
        dated.words_without_last,
        dated.is_gap_when_overdue,
        dated.is_date_missing,
        dated.standard,
        dated.standard_title,
        dated.timescale_unit,
        dated.timescale_words,
        dated.due_date,
        -- a standard in working days is past when one has passed: a day off after the due date is no day late
        dated.timescale_unit = 'working_days' and not position_day.is_working_day as is_position_off,
        case
            when dated.timescale_unit = 'working_days' then position_day.working_day_index - due_day.working_day_index
            else {{ days_between('dated.due_date', 'dated.position_date') }}
        end as days_past
    from dated
    left join {{ ref('dim_date') }} as position_day on dated.position_date = position_day.date_day
    left join {{ ref('dim_date') }} as due_day on dated.due_date = due_day.date_day
),

judged as (
    select
        position_date,
        child_key,
        status,
        worker_key,
        team_code,
        service_code,
        task,
        subject_key,
        counted_from_date,
        last_date,
        words_without_last,
        is_date_missing,
        standard,
        standard_title,
        timescale_unit,
        timescale_words,
        due_date,
        days_past,
        days_past > 0 as is_overdue,
        days_past = 1 and not coalesce(is_position_off, false) as is_overdue_since_position_date,
        is_date_missing or (is_gap_when_overdue and coalesce(days_past > 0, false)) as is_recording_gap
    from counted
)

select
    {{ row_key(['judged.child_key', 'judged.task', 'judged.subject_key']) }} as due_key,
    {{ case_columns('judged') }},
    judged.task,
    judged.standard,
    judged.due_date,
    case
        when judged.is_recording_gap then 'recording gap'
        when judged.is_overdue then 'overdue'
        when judged.due_date <= {{ add_days('judged.position_date', 14) }} then 'due'
        else 'later'
    end as state,
    case
        when judged.is_overdue and not judged.is_recording_gap then cast(judged.days_past as integer)
    end as days_overdue,
    case when judged.timescale_unit = 'working_days' then 'working days' else 'calendar days' end as days_overdue_unit,
    coalesce(judged.is_overdue_since_position_date, false) and not judged.is_recording_gap as is_newly_overdue,
    judged.counted_from_date,
    judged.last_date,
    coalesce(judged.standard_title, 'Personal education plan')
    || ', ' || coalesce(judged.timescale_words, 'day set by the virtual school')
    || ', '
    || case
        when judged.last_date is not null then 'last ' || {{ short_day('judged.last_date') }}
        when judged.counted_from_date is not null
            then judged.words_without_last || ' ' || {{ short_day('judged.counted_from_date') }}
        else judged.words_without_last
    end as rule
from judged
inner join {{ ref('dim_child') }} as children on judged.child_key = children.child_key
{{ name_joins('judged') }}
where judged.due_date is not null or judged.is_date_missing
