-- One row per service, team and role of the establishment on the last day of a month. The list does not say which posts are those of
-- child and family social workers: they are the posts of a role that such a worker holds in the service on the day, and the roles
-- that are social work by name.
with

shown as (
    select
        posts.role,
        posts.established_fte,
        posts.vacant_fte,
        posts.agency_cover_fte,
        posts.offers_made_fte,
        posts.snapshot_date,
        posts.load_id,
        posts.row_number,
        {{ reference_day('posts') }} as reference_date,
        coalesce(nullif(trim(posts.service_code), ''), 'unmapped') as service_code,
        coalesce(nullif(trim(posts.team_code), ''), 'unmapped') as team_code,
        row_number() over (
            partition by posts.service_code, posts.team_code, posts.role, {{ month_key('posts.snapshot_date') }}
            order by posts.snapshot_date desc, posts.load_id desc, posts.row_number desc
        ) as place
    from {{ ref('stg_workforce__posts') }} as posts
    cross join {{ ref('stg_control__run') }} as run
),

held as (
    select distinct
        month,
        service_code,
        role
    from {{ ref('fct_workers_month_end') }}
    where is_social_worker
)

select
    {{ row_key(['shown.service_code', 'shown.team_code', 'shown.role', month_key('shown.snapshot_date')]) }} as post_month_key,
    {{ month_key('shown.snapshot_date') }} as month,
    shown.reference_date,
    shown.role,
    held.role is not null
    or shown.role in (
        'social_worker', 'newly_qualified_social_worker', 'senior_social_worker', 'advanced_practitioner'
    ) as is_social_work_post,
    cast(shown.established_fte as decimal(18, 4)) as established_full_time_equivalent,
    cast(shown.vacant_fte as decimal(18, 4)) as vacant_full_time_equivalent,
    cast(shown.agency_cover_fte as decimal(18, 4)) as agency_cover_full_time_equivalent,
    cast(shown.offers_made_fte as decimal(18, 4)) as offered_full_time_equivalent,
    shown.service_code,
    shown.team_code,
    shown.load_id,
    shown.row_number
from shown
left join held
    on
        {{ month_key('shown.snapshot_date') }} = held.month
        and shown.service_code = held.service_code
        and shown.role = held.role
where shown.place = 1
