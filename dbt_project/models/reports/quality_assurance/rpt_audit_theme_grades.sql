-- Final grades by theme, service and quarter, and over the 12 months to the quarter's end, of moderated templates and of the others
-- apart. Shares are given of `minimum_n` grades or more only, fewer are counts. A theme is a strength of the service where its share
-- of good or better lies above that of all its themes together, and an area to improve where it lies below: judged on the quarter,
-- where that has too few grades on the 12 months, and not at all where these have too few. For the restricted zone: counts of a
-- theme in a service are small, and the disclosure rules know totals of services only.
with

quarters as (
    select
        period,
        previous_period,
        period_start,
        reference_date,
        {{ add_months('period_start', -9) }} as year_start
    from {{ ref('dim_period') }}
    where basis = 'Q'
),

grades as (
    select
        service_code,
        theme,
        grade,
        final_grade_date,
        case when is_moderated_template then 'moderated' else 'auditor' end as final_grade_basis
    from {{ ref('fct_audit_theme_grades') }}
    where final_grade_date is not null

    union all

    select
        'authority' as service_code,
        theme,
        grade,
        final_grade_date,
        case when is_moderated_template then 'moderated' else 'auditor' end as final_grade_basis
    from {{ ref('fct_audit_theme_grades') }}
    where final_grade_date is not null
),

counted as (
    select
        quarters.period,
        quarters.previous_period,
        quarters.period_start,
        quarters.reference_date,
        grades.service_code,
        grades.theme,
        grades.final_grade_basis,
        count(*) filter (where grades.final_grade_date >= quarters.period_start) as graded,
        count(*) filter (where grades.final_grade_date >= quarters.period_start and grades.grade = 'outstanding') as outstanding,
        count(*) filter (where grades.final_grade_date >= quarters.period_start and grades.grade = 'good') as good,
        count(*) filter (where grades.final_grade_date >= quarters.period_start and grades.grade = 'requires_improvement')
            as requires_improvement,
        count(*) filter (where grades.final_grade_date >= quarters.period_start and grades.grade = 'inadequate') as inadequate,
        count(*) filter (where grades.final_grade_date >= quarters.period_start and grades.grade in ('outstanding', 'good'))
            as good_or_better,
        count(*) as graded_12_months,
        count(*) filter (where grades.grade in ('outstanding', 'good')) as good_or_better_12_months
    from quarters
    inner join grades on grades.final_grade_date between quarters.year_start and quarters.reference_date
    group by
        quarters.period,
        quarters.previous_period,
        quarters.period_start,
        quarters.reference_date,
        grades.service_code,
        grades.theme,
        grades.final_grade_basis
),

of_the_service as (
    select
        period,
        service_code,
        final_grade_basis,
        sum(graded) as graded,
        sum(good_or_better) as good_or_better,
        sum(graded_12_months) as graded_12_months,
        sum(good_or_better_12_months) as good_or_better_12_months
    from counted
    group by period, service_code, final_grade_basis
),

judged as (
    select
        counted.period,
        counted.previous_period,
        counted.period_start,
        counted.reference_date,
        counted.service_code,
        counted.theme,
        counted.final_grade_basis,
        counted.graded,
        counted.outstanding,
        counted.good,
        counted.requires_improvement,
        counted.inadequate,
        counted.good_or_better,
        counted.graded_12_months,
        counted.good_or_better_12_months,
        case
            when counted.graded >= run.minimum_n then {{ round_half_up('counted.good_or_better', 'counted.graded', 100, 1) }}
        end as share_good_or_better,
        case
            when counted.graded_12_months >= run.minimum_n
                then {{ round_half_up('counted.good_or_better_12_months', 'counted.graded_12_months', 100, 1) }}
        end as share_good_or_better_12_months,
        case
            when counted.graded >= run.minimum_n then 'quarter'
            when counted.graded_12_months >= run.minimum_n then '12 months'
            else 'too few'
        end as judged_on,
        -- shares are compared by cross multiplication, so that rounding decides nothing
        case
            when counted.graded >= run.minimum_n
                then counted.good_or_better * all_themes.graded - all_themes.good_or_better * counted.graded
            when counted.graded_12_months >= run.minimum_n
                then
                    counted.good_or_better_12_months * all_themes.graded_12_months
                    - all_themes.good_or_better_12_months * counted.graded_12_months
        end as above_service
    from counted
    cross join {{ ref('stg_control__run') }} as run
    inner join of_the_service as all_themes
        on
            counted.period = all_themes.period
            and counted.service_code = all_themes.service_code
            and counted.final_grade_basis = all_themes.final_grade_basis
),

named as (
    select
        judged.period,
        judged.previous_period,
        judged.period_start,
        judged.reference_date,
        judged.service_code,
        judged.theme,
        judged.final_grade_basis,
        judged.graded,
        judged.outstanding,
        judged.good,
        judged.requires_improvement,
        judged.inadequate,
        judged.good_or_better,
        judged.share_good_or_better,
        judged.graded_12_months,
        judged.good_or_better_12_months,
        judged.share_good_or_better_12_months,
        judged.judged_on,
        case
            when judged.judged_on = 'too few' then 'not judged'
            when judged.above_service > 0 then 'strength'
            when judged.above_service < 0 then 'area to improve'
            else 'as the service'
        end as judgement
    from judged
)

select
    named.period,
    named.period_start,
    named.reference_date,
    named.service_code,
    named.theme,
    named.final_grade_basis,
    cast(named.graded as integer) as graded,
    cast(named.outstanding as integer) as outstanding,
    cast(named.good as integer) as good,
    cast(named.requires_improvement as integer) as requires_improvement,
    cast(named.inadequate as integer) as inadequate,
    cast(named.good_or_better as integer) as good_or_better,
    named.share_good_or_better,
    cast(named.graded_12_months as integer) as graded_12_months,
    cast(named.good_or_better_12_months as integer) as good_or_better_12_months,
    named.share_good_or_better_12_months,
    named.judged_on,
    named.judgement,
    coalesce(earlier.judgement, 'not judged') as previous_judgement,
    named.judged_on <> 'too few'
    and coalesce(earlier.judged_on, 'too few') <> 'too few'
    and named.judgement <> earlier.judgement as is_changed
from named
left join named as earlier
    on
        named.previous_period = earlier.period
        and named.service_code = earlier.service_code
        and named.theme = earlier.theme
        and named.final_grade_basis = earlier.final_grade_basis
