-- One row per learning point of the register, with the first day a product that carries it was shared. A point of several services
-- belongs to none alone; fct_learning_themes tells them one by one.
with

points as (
    select
        points.learning_point_id,
        points.theme,
        points.learning_source,
        points.identified_date,
        points.load_id,
        points.row_number
    from {{ ref('stg_quality_assurance__learning_points') }} as points
    inner join {{ ref('stg_control__run') }} as run on points.identified_date <= run.as_at
),

shared as (
    select
        products.learning_point_id,
        min(products.shared_date) as first_shared_date,
        count(*) as products_shared
    from {{ ref('stg_quality_assurance__learning_products') }} as products
    inner join {{ ref('stg_control__run') }} as run on products.shared_date <= run.as_at
    group by products.learning_point_id
),

services as (
    select
        learning_point_id,
        min(service_code) as service_code,
        count(distinct service_code) as services
    from {{ ref('stg_quality_assurance__learning_point_services') }}
    group by learning_point_id
),

due as (
    select
        points.learning_point_id,
        {{ due_after('points.identified_date', 'sharing_standard') }} as share_due_date
    from points
    {{ standard_join('learning_shared', 'points.identified_date', 'sharing_standard') }}
    {{ due_joins('points.identified_date', 'sharing_standard') }}
),

known as (
    {{ known_to('quality_assurance', 'learning_products') }}
)

select
    {{ row_key(['points.learning_point_id', 'points.identified_date']) }} as learning_point_key,
    points.theme,
    points.learning_source,
    coalesce(services.services, 0) as services,
    case when services.services = 1 then services.service_code else 'unmapped' end as service_code,
    points.identified_date,
    due.share_due_date,
    shared.first_shared_date,
    coalesce(shared.products_shared, 0) as products_shared,
    {{ done_in_time('shared.first_shared_date', 'due.share_due_date', 'known.known_to') }} as is_shared_in_time,
    points.load_id,
    points.row_number
from points
inner join due on points.learning_point_id = due.learning_point_id
cross join known
left join shared on points.learning_point_id = shared.learning_point_id
left join services on points.learning_point_id = services.learning_point_id
