-- One row per theme, service and quarter in which learning about it was shared with the service, and whether audits of the service
-- raised it again in the second quarter after. An action of a completed audit raises its theme. Judged on the last day of that
-- second quarter; null before.
with

quarters as (
    select
        quarter,
        min(date_day) as quarter_start,
        max(date_day) as quarter_end
    from {{ ref('dim_date') }}
    group by quarter
),

shared as (
    select
        points.theme,
        services.service_code,
        quarters.quarter,
        quarters.quarter_start,
        count(distinct products.learning_point_id) as learning_points
    from {{ ref('stg_quality_assurance__learning_products') }} as products
    inner join {{ ref('stg_control__run') }} as run on products.shared_date <= run.as_at
    inner join {{ ref('stg_quality_assurance__learning_points') }} as points on products.learning_point_id = points.learning_point_id
    inner join {{ ref('stg_quality_assurance__learning_point_services') }} as services
        on products.learning_point_id = services.learning_point_id
    inner join quarters on products.shared_date between quarters.quarter_start and quarters.quarter_end
    group by points.theme, services.service_code, quarters.quarter, quarters.quarter_start
),

watched as (
    select
        shared.theme,
        shared.service_code,
        shared.quarter,
        shared.learning_points,
        quarters.quarter_start as watched_from,
        quarters.quarter_end as watched_to
    from shared
    inner join quarters on {{ add_months('shared.quarter_start', 6) }} = quarters.quarter_start
),

raised as (
    select distinct
        actions.theme,
        actions.service_code,
        quarters.quarter_start
    from {{ ref('fct_audit_actions') }} as actions
    inner join quarters on actions.audit_completed_date between quarters.quarter_start and quarters.quarter_end
),

known as (
    {{ known_to('quality_assurance', 'audit_actions') }}
)

select
    {{ row_key(['watched.theme', 'watched.service_code', 'watched.quarter']) }} as learning_theme_key,
    watched.theme,
    watched.service_code,
    watched.quarter as shared_quarter,
    watched.learning_points,
    watched.watched_from,
    watched.watched_to,
    case
        when raised.theme is not null then true
        when watched.watched_to <= known.known_to then false
    end as is_raised_again
from watched
cross join known
left join raised
    on
        watched.theme = raised.theme
        and watched.service_code = raised.service_code
        and watched.watched_from = raised.quarter_start
