-- One row per product and learning point it carries. A product without a day, or with one after the as-at date, is still being made.
-- Shared in time is judged by the learning point: by the day the standard says after it was identified.
with

keyed as (
    select
        learning_point_id,
        {{ row_key(['learning_point_id', 'identified_date']) }} as learning_point_key
    from {{ ref('stg_quality_assurance__learning_points') }}
)

select
    {{ row_key(['products.product_id', 'points.learning_point_key']) }} as learning_product_key,
    points.learning_point_key,
    points.theme,
    points.learning_source,
    points.service_code,
    products.product_type,
    products.audience,
    points.identified_date,
    points.share_due_date,
    {{ by_as_at('products.shared_date') }} as shared_date,
    coalesce({{ by_as_at('products.shared_date') }} = points.first_shared_date, false) as is_first_shared,
    products.load_id,
    products.row_number
from {{ ref('stg_quality_assurance__learning_products') }} as products
cross join {{ ref('stg_control__run') }} as run
inner join keyed on products.learning_point_id = keyed.learning_point_id
inner join {{ ref('fct_learning_points') }} as points on keyed.learning_point_key = points.learning_point_key
