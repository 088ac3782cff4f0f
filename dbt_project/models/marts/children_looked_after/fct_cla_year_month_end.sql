-- The twelve months behind each child looked after at a month end, as the national return asks for them at 31 March: the year
-- begins on the day after the same day of the year before. Where the table does not cover the whole year the answer is null.
-- Who was looked after for all of it started by its first day. The position of immunisations is held only as it was last
-- recorded: recorded after the reference date it says nothing of that date. An extract of health checks without a single
-- development check comes from a system that does not record them: nothing is known of them then.
with

looked_after as (
    select
        cla.month,
        cla.reference_date,
        {{ add_months('cla.reference_date', -12) }} as year_before,
        cla.cla_key,
        cla.child_key,
        cla.start_date,
        cla.age,
        cla.start_date <= {{ add_days(add_months('cla.reference_date', -12), 1) }} as is_looked_after_12_months,
        cla.team_code,
        cla.service_code
    from {{ ref('fct_cla_month_end') }} as cla
),

covered as (
    select
        min(case when table_name = 'cla_health' then covered_from end) as health_from,
        min(case when table_name = 'sdq_scores' then covered_from end) as sdq_from,
        min(case when table_name = 'cla_substance_misuse' then covered_from end) as substance_from,
        min(case when table_name = 'cla_convictions' then covered_from end) as convictions_from,
        min(case when table_name = 'involvements' then covered_from end) as involvements_from,
        min(case when table_name = 'school_enrolments' then covered_from end) as enrolments_from
    from {{ ref('int_control__coverage') }}
    where source in ('ssd', 'education')
),

immunisations_held as (
    select count(*) > 0 as are_held
    from {{ ref('stg_control__availability') }}
    where source = 'ssd' and table_name = 'cla_immunisations'
),

development_checks_held as (
    select count(*) > 0 as are_held
    from {{ ref('fct_cla_health_checks') }}
    where check_group = 'development_check' and is_done
),

checks as (
    select
        looked_after.child_key,
        looked_after.month,
        -- two records of one day are one assessment
        count(distinct case when checks.check_group = 'health_assessment' then checks.held_date end) as health_assessments,
        count(case when checks.check_group = 'dental_check' then 1 end) as dental_checks,
        count(case when checks.check_group = 'development_check' then 1 end) as development_checks
    from looked_after
    inner join {{ ref('fct_cla_health_checks') }} as checks
        on
            looked_after.child_key = checks.child_key
            and looked_after.year_before < checks.held_date
            and looked_after.reference_date >= checks.held_date
    group by looked_after.child_key, looked_after.month
),

problems as (
    select
        looked_after.child_key,
        looked_after.month,
        count(*) as problems
    from looked_after
    inner join {{ ref('fct_substance_misuse') }} as misuse
        on
            looked_after.child_key = misuse.child_key
            and looked_after.year_before < misuse.identified_date
            and looked_after.reference_date >= misuse.identified_date
    group by looked_after.child_key, looked_after.month
),

convictions as (
    select
        looked_after.child_key,
        looked_after.month,
        count(*) as convictions
    from looked_after
    inner join {{ ref('fct_convictions') }} as convicted
        on
            looked_after.child_key = convicted.child_key
            and looked_after.year_before < convicted.conviction_date
            and looked_after.reference_date >= convicted.conviction_date
    group by looked_after.child_key, looked_after.month
),

-- Different people: a worker who comes back is one. Those who held the case before care began count too.
workers as (
    select
        looked_after.child_key,
        looked_after.month,
        count(distinct involvements.worker_key) as social_workers
    from looked_after
    inner join {{ ref('fct_involvements') }} as involvements
        on
            looked_after.child_key = involvements.child_key
            and looked_after.reference_date >= involvements.start_date
            and looked_after.year_before < {{ end_or_never('involvements.end_date') }}
    where involvements.is_case_holder
    group by looked_after.child_key, looked_after.month
),

schools as (
    select
        looked_after.child_key,
        looked_after.month,
        count(
            case when enrolments.is_mid_year_move and enrolments.enrolled_date > looked_after.year_before then 1 end
        ) as mid_year_moves
    from looked_after
    inner join {{ ref('fct_school_enrolments') }} as enrolments
        on
            looked_after.child_key = enrolments.child_key
            and looked_after.reference_date >= enrolments.enrolled_date
            and looked_after.year_before < {{ end_or_never('enrolments.left_roll_date') }}
    where enrolments.is_main_school
    group by looked_after.child_key, looked_after.month
),

years as (
    select
        looked_after.month,
        looked_after.reference_date,
        looked_after.cla_key,
        looked_after.child_key,
        looked_after.start_date,
        looked_after.age,
        looked_after.is_looked_after_12_months,
        case
            when looked_after.is_looked_after_12_months and covered.health_from <= {{ add_days('looked_after.year_before', 1) }}
                then coalesce(checks.health_assessments, 0)
        end as health_assessments,
        case
            when looked_after.is_looked_after_12_months and covered.health_from <= {{ add_days('looked_after.year_before', 1) }}
                then coalesce(checks.dental_checks, 0)
        end as dental_checks,
        case
            when
                looked_after.is_looked_after_12_months
                and covered.health_from <= {{ add_days('looked_after.year_before', 1) }}
                and development_checks_held.are_held
                then coalesce(checks.development_checks, 0)
        end as development_checks,
        looked_after.is_looked_after_12_months
        and immunisations_held.are_held
        and not coalesce(immunisations.status_date > looked_after.reference_date, false) as is_immunisation_position_known,
        looked_after.is_looked_after_12_months
        and immunisations_held.are_held
        and coalesce(immunisations.status_date > looked_after.reference_date, false) as is_immunisation_overwritten,
        case when immunisations.status_date <= looked_after.reference_date then immunisations.is_up_to_date end as is_immunised,
        looked_after.is_looked_after_12_months
        and coalesce(covered.sdq_from <= {{ add_days('looked_after.year_before', 1) }}, false)
        and coalesce({{ is_sdq_age('looked_after.age', 'looked_after.reference_date') }}, false) as is_sdq_expected,
        case when questionnaires.completed_date > looked_after.year_before then questionnaires.score end as sdq_score,
        case
            when looked_after.is_looked_after_12_months and covered.substance_from <= {{ add_days('looked_after.year_before', 1) }}
                then coalesce(problems.problems, 0) > 0
        end as has_substance_misuse_problem,
        case
            when
                looked_after.is_looked_after_12_months
                and looked_after.age >= 10
                and covered.convictions_from <= {{ add_days('looked_after.year_before', 1) }}
                then coalesce(convictions.convictions, 0) > 0
        end as is_convicted,
        case
            when covered.involvements_from <= {{ add_days('looked_after.year_before', 1) }} then coalesce(workers.social_workers, 0)
        end as social_workers,
        case when covered.enrolments_from <= {{ add_days('looked_after.year_before', 1) }} then schools.mid_year_moves end
            as mid_year_moves,
        looked_after.team_code,
        looked_after.service_code
    from looked_after
    cross join covered
    cross join immunisations_held
    cross join development_checks_held
    left join checks on looked_after.child_key = checks.child_key and looked_after.month = checks.month
    left join {{ ref('fct_cla_immunisations') }} as immunisations on looked_after.child_key = immunisations.child_key
    left join {{ ref('fct_sdq_scores') }} as questionnaires
        on
            looked_after.child_key = questionnaires.child_key
            and questionnaires.has_score
            and looked_after.reference_date >= questionnaires.completed_date
            and looked_after.reference_date < {{ end_or_never('questionnaires.next_score_date') }}
    left join problems on looked_after.child_key = problems.child_key and looked_after.month = problems.month
    left join convictions on looked_after.child_key = convictions.child_key and looked_after.month = convictions.month
    left join workers on looked_after.child_key = workers.child_key and looked_after.month = workers.month
    left join schools on looked_after.child_key = schools.child_key and looked_after.month = schools.month
)

select
    month,
    reference_date,
    cla_key,
    child_key,
    start_date,
    age,
    is_looked_after_12_months,
    health_assessments,
    case when health_assessments is not null then {{ health_assessments_required('age') }} end as health_assessments_required,
    health_assessments >= {{ health_assessments_required('age') }} as is_health_assessed,
    dental_checks > 0 as is_dental_checked,
    case when age < 5 then development_checks > 0 end as is_development_checked,
    is_immunisation_position_known,
    is_immunisation_overwritten,
    case when is_immunisation_position_known then is_immunised end as is_immunised,
    is_sdq_expected,
    case when is_sdq_expected then sdq_score end as sdq_score,
    case when is_sdq_expected then {{ sdq_band('sdq_score') }} end as sdq_band,
    has_substance_misuse_problem,
    is_convicted,
    social_workers,
    -- distinct people, for the national return
    social_workers >= 3 as is_three_or_more_social_workers,
    mid_year_moves is not null as is_matched_to_school,
    mid_year_moves > 0 as has_mid_year_move,
    team_code,
    service_code
from years
