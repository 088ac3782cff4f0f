-- List 9: care leavers entitled to a service, as the snapshot of the month shows them.
with

-- the name of the personal adviser stands in no mart
advisers as (
    select
        'ssd' as source_route,
        child_id,
        snapshot_date,
        personal_adviser
    from {{ ref('stg_ssd__care_leavers') }}
    union all
    select
        'annex_a' as source_route,
        child_id,
        snapshot_date,
        personal_adviser
    from {{ ref('stg_annex_a__care_leavers') }}
),

adviser_names as (
    select
        advisers.source_route,
        keys.child_key,
        {{ month_key('advisers.snapshot_date') }} as month,
        max(advisers.personal_adviser) as personal_adviser
    from advisers
    inner join {{ ref('int_children__identities') }} as keys on advisers.child_id = keys.child_id
    group by advisers.source_route, keys.child_key, {{ month_key('advisers.snapshot_date') }}
),

listed as (
    select
        days.period,
        days.reference_date,
        days.reference_date as case_day,
        leavers.child_key,
        leavers.uasc,
        leavers.eligibility,
        leavers.pathway_plan_review_date,
        leavers.in_touch,
        leavers.latest_contact_date,
        leavers.accommodation_type,
        leavers.accommodation_suitability,
        leavers.activity_status,
        adviser_names.personal_adviser,
        leavers.team_code,
        leavers.worker_key
    from {{ ref('fct_care_leavers_month_end') }} as leavers
    inner join {{ ref('int_annex_a__days') }} as days on leavers.month = days.period
    left join adviser_names
        on
            leavers.child_key = adviser_names.child_key
            and leavers.month = adviser_names.month
            and leavers.source_route = adviser_names.source_route
)

select
    listed.period,
    listed.child_key,
    {{ listed_child() }},
    listed.uasc,
    children.disability,
    {{ listed_case_columns() }},
    listed.personal_adviser,
    listed.eligibility,
    listed.pathway_plan_review_date,
    listed.in_touch,
    listed.latest_contact_date,
    listed.accommodation_type,
    listed.accommodation_suitability,
    listed.activity_status
from listed
inner join {{ ref('dim_child') }} as children on listed.child_key = children.child_key
{{ listed_case_joins() }}
