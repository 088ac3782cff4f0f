-- Care leavers as each monthly snapshot of the route shows them; one row per young person and snapshot, whatever the number
-- of ids or rows: the latest load holds, then the last row. A contact or review after the day the snapshot is judged at has
-- not happened.
with

said as (
    select
        leavers.child_id,
        -- whether a young person came unaccompanied is told by their immigration status, not by this table
        cast(null as varchar) as uasc,
        leavers.eligibility,
        leavers.pathway_plan_review_date,
        leavers.in_touch,
        leavers.latest_contact_date,
        leavers.accommodation_type,
        leavers.accommodation_suitability,
        leavers.activity_status,
        leavers.personal_adviser,
        leavers.team_id as team_name,
        leavers.worker_id,
        leavers.snapshot_date,
        leavers.load_id,
        leavers.row_number,
        'ssd' as source_route
    from {{ ref('stg_ssd__care_leavers') }} as leavers
    where {{ on_route('care_leavers', 'ssd') }}

    union all

    select
        leavers.child_id,
        leavers.uasc,
        leavers.eligibility,
        leavers.pathway_plan_review_date,
        leavers.in_touch,
        leavers.latest_contact_date,
        leavers.accommodation_type,
        leavers.accommodation_suitability,
        leavers.activity_status,
        leavers.personal_adviser,
        leavers.team_name,
        cast(null as varchar) as worker_id,
        leavers.snapshot_date,
        leavers.load_id,
        leavers.row_number,
        'annex_a' as source_route
    from {{ ref('stg_annex_a__care_leavers') }} as leavers
    where {{ on_route('care_leavers', 'annex_a') }}
),

ranked as (
    select
        children.child_key,
        children.date_of_birth,
        coalesce(said.uasc, people.uasc) as uasc,
        said.eligibility,
        said.pathway_plan_review_date,
        said.in_touch,
        said.latest_contact_date,
        said.accommodation_type,
        said.accommodation_suitability,
        said.activity_status,
        said.personal_adviser,
        said.team_name,
        said.worker_id,
        said.snapshot_date,
        said.load_id,
        said.row_number,
        said.source_route,
        {{ reference_day('said') }} as reference_date,
        row_number() over (
            partition by children.child_key, said.snapshot_date
            order by said.load_id desc, said.row_number desc
        ) as place
    from said
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on said.child_id = children.child_id
    left join {{ ref('int_children__people') }} as people on children.child_key = people.child_key
)

select
    child_key,
    date_of_birth,
    uasc,
    eligibility,
    case when pathway_plan_review_date <= reference_date then pathway_plan_review_date end as pathway_plan_review_date,
    in_touch,
    case when latest_contact_date <= reference_date then latest_contact_date end as latest_contact_date,
    accommodation_type,
    accommodation_suitability,
    activity_status,
    personal_adviser is not null as has_personal_adviser,
    team_name,
    worker_id,
    snapshot_date,
    reference_date,
    load_id,
    row_number,
    source_route
from ranked
where place = 1
