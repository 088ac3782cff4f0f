-- The quarterly quality assurance report, a section per service area and quarter: themes that are strengths or to be improved, themes
-- raised again, learning identified and shared, actions of audits and of improvement plans. Each item stands beside the quarter
-- before. For the restricted zone: the counts of one theme in one service are small; what of it leaves is the dataset
-- quarterly_quality_assurance_report.
with

quarters as (
    select
        period,
        previous_period,
        period_start,
        reference_date
    from {{ ref('dim_period') }}
    where basis = 'Q'
),

points as (
    select
        points.theme,
        points.learning_source,
        points.identified_date,
        services.service_code
    from {{ ref('stg_quality_assurance__learning_points') }} as points
    inner join {{ ref('stg_control__run') }} as run on points.identified_date <= run.as_at
    inner join {{ ref('stg_quality_assurance__learning_point_services') }} as services
        on points.learning_point_id = services.learning_point_id
),

products as (
    select
        products.learning_point_id,
        points.theme,
        products.product_type,
        products.shared_date,
        services.service_code
    from {{ ref('stg_quality_assurance__learning_products') }} as products
    inner join {{ ref('stg_control__run') }} as run on products.shared_date <= run.as_at
    inner join {{ ref('stg_quality_assurance__learning_points') }} as points on products.learning_point_id = points.learning_point_id
    inner join {{ ref('stg_quality_assurance__learning_point_services') }} as services
        on products.learning_point_id = services.learning_point_id
),

improvement as (
    select
        service_code,
        raised_date,
        due_date,
        completed_date,
        status
    from {{ ref('fct_improvement_actions') }}
    where status <> 'not_required'
),

known as (
    {{ known_to('quality_assurance', 'improvement_actions') }}
),

states as (
    select 'closed in the quarter' as state
    union all
    select 'open at its end' as state
    union all
    select 'overdue at its end' as state
),

items as (
    select
        grades.period,
        grades.service_code,
        case grades.judgement when 'strength' then 'strengths' when 'area to improve' then 'areas to improve' else 'other themes' end
            as section,
        grades.theme as item,
        'grades by ' || grades.final_grade_basis as kind,
        grades.judgement as finding,
        grades.good_or_better as counted,
        grades.graded as of_all
    from {{ ref('rpt_audit_theme_grades') }} as grades
    where grades.service_code <> 'authority' and grades.graded > 0

    union all

    select
        quarters.period,
        actions.service_code,
        'repeated themes' as section,
        actions.theme as item,
        'audit actions' as kind,
        case when count(*) filter (where actions.is_repeat_theme) > 0 then 'raised again' else 'not raised again' end as finding,
        count(*) filter (where actions.is_repeat_theme) as counted,
        count(*) as of_all
    from {{ ref('fct_audit_actions') }} as actions
    inner join quarters on actions.audit_completed_date between quarters.period_start and quarters.reference_date
    where actions.is_repeat_theme is not null
    group by quarters.period, actions.service_code, actions.theme

    union all

    select
        quarters.period,
        points.service_code,
        'learning identified' as section,
        points.theme as item,
        points.learning_source as kind,
        cast(null as varchar) as finding,
        count(*) as counted,
        cast(null as bigint) as of_all
    from points
    inner join quarters on points.identified_date between quarters.period_start and quarters.reference_date
    group by quarters.period, points.service_code, points.theme, points.learning_source

    union all

    select
        quarters.period,
        products.service_code,
        'learning shared' as section,
        products.theme as item,
        products.product_type as kind,
        cast(null as varchar) as finding,
        count(distinct products.learning_point_id) as counted,
        cast(null as bigint) as of_all
    from products
    inner join quarters on products.shared_date between quarters.period_start and quarters.reference_date
    group by quarters.period, products.service_code, products.theme, products.product_type

    union all

    select
        quarters.period,
        actions.service_code,
        'audit actions' as section,
        'reviews due' as item,
        '8-week review' as kind,
        cast(null as varchar) as finding,
        count(*) filter (where actions.is_complete_at_review) as counted,
        count(*) as of_all
    from {{ ref('fct_audit_actions') }} as actions
    inner join quarters on actions.review_due_date between quarters.period_start and quarters.reference_date
    where actions.status <> 'not_required'
    group by quarters.period, actions.service_code

    union all

    select
        quarters.period,
        improvement.service_code,
        'improvement actions' as section,
        states.state as item,
        'improvement plan' as kind,
        cast(null as varchar) as finding,
        count(*) filter (
            where case states.state
                when 'closed in the quarter'
                    then improvement.completed_date between quarters.period_start and quarters.reference_date
                when 'open at its end' then improvement.completed_date is null or improvement.completed_date > quarters.reference_date
                else
                    (improvement.completed_date is null or improvement.completed_date > quarters.reference_date)
                    and improvement.due_date < quarters.reference_date
                    and improvement.due_date <= known.known_to
            end
        ) as counted,
        count(*) as of_all
    from improvement
    inner join quarters
        on
            improvement.raised_date <= quarters.reference_date
            and (improvement.completed_date is null or improvement.completed_date >= quarters.period_start)
    cross join known
    cross join states
    group by quarters.period, improvement.service_code, states.state
),

sections as (
    select
        items.period,
        quarters.previous_period,
        quarters.period_start,
        quarters.reference_date,
        items.service_code,
        items.section,
        items.item,
        items.kind,
        items.finding,
        items.counted,
        items.of_all
    from items
    inner join quarters on items.period = quarters.period
)

select
    sections.period,
    sections.period_start,
    sections.reference_date,
    sections.service_code,
    coalesce(services.service_name, 'Authority, or not mapped to a service') as service_name,
    sections.section,
    sections.item,
    sections.kind,
    sections.finding,
    cast(sections.counted as integer) as counted,
    cast(sections.of_all as integer) as of_all,
    case
        when sections.of_all >= run.minimum_n then {{ round_half_up('sections.counted', 'sections.of_all', 100, 1) }}
    end as share,
    coalesce(sections.of_all < run.minimum_n, false) as is_too_few_for_share,
    cast(earlier.counted as integer) as previous_counted,
    cast(earlier.of_all as integer) as previous_of_all,
    earlier.finding as previous_finding,
    case
        when earlier.period is null then 'not told in the quarter before'
        when earlier.finding <> sections.finding then 'was ' || earlier.finding
        when earlier.counted = sections.counted and coalesce(earlier.of_all = sections.of_all, true) then 'the same'
        else 'changed'
    end as since_last_quarter
from sections
cross join {{ ref('stg_control__run') }} as run
left join sections as earlier
    on
        sections.previous_period = earlier.period
        and sections.service_code = earlier.service_code
        and sections.item = earlier.item
        and sections.kind = earlier.kind
        and case when sections.section in ('strengths', 'areas to improve', 'other themes') then 'themes' else sections.section end
        = case when earlier.section in ('strengths', 'areas to improve', 'other themes') then 'themes' else earlier.section end
left join {{ ref('dim_service') }} as services
    on
        sections.service_code = services.service_code
        and sections.reference_date >= services.valid_from
        and sections.reference_date <= {{ end_or_never('services.valid_to') }}
