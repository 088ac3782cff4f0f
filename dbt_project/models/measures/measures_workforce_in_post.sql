-- One row per social worker in post, agency worker and part of the establishment's vacancies at each month end. Full-time equivalents
-- are in hundredths.
with

items as (
    select
        worker_month_key as item_key,
        reference_date,
        case when is_agency then 'agency' else 'in_post' end as item_kind,
        role,
        full_time_equivalent,
        cases_held,
        service_code,
        team_code
    from {{ ref('fct_workers_month_end') }}
    where is_social_worker
    union all
    select
        post_month_key as item_key,
        reference_date,
        'vacancies' as item_kind,
        role,
        vacant_full_time_equivalent as full_time_equivalent,
        cast(null as integer) as cases_held,
        service_code,
        team_code
    from {{ ref('fct_posts_month_end') }}
    where is_social_work_post and vacant_full_time_equivalent > 0
)

select
    {{ kpi_plain_item_columns('items', 'item_key', 'reference_date', "cast(null as varchar)") }}
    items.role,
    case when items.item_kind = 'in_post' then {{ hundredths('items.full_time_equivalent') }} else 0 end as fte_in_post,
    case when items.item_kind = 'agency' then {{ hundredths('items.full_time_equivalent') }} else 0 end as fte_agency,
    case when items.item_kind = 'vacancies' then {{ hundredths('items.full_time_equivalent') }} else 0 end as fte_vacant,
    case
        when items.item_kind in ('in_post', 'vacancies') then {{ hundredths('items.full_time_equivalent') }} else 0
    end as fte_in_post_or_vacant,
    case
        when items.item_kind in ('in_post', 'agency') then {{ hundredths('items.full_time_equivalent') }} else 0
    end as fte_in_post_or_agency,
    case when items.cases_held > 0 then {{ hundredths('items.full_time_equivalent') }} else 0 end as fte_case_holders,
    coalesce(items.cases_held, 0) as cases_held,
    {{ kpi_flag('items.full_time_equivalent is null') }} as is_fte_not_recorded
from items
{{ kpi_plain_item_joins('items', 'reference_date') }}
