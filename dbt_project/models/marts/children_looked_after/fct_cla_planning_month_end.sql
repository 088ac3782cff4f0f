-- What the plans and oversight of each child looked after at a month end had come to: the permanence plan, the contact of the
-- independent reviewing officer, the care plan. A position that the data do not tell is null: neither kept nor broken.
-- The case system holds the officer's last contact only as it is now, so of its month ends only those that its episodes do not
-- reach beyond can be judged; a list of Annex A shows it as it was.
with

covered as (
    select
        max(case when table_name = 'cla_episodes' then covered_to end) as episodes_known_to,
        min(case when table_name = 'cla_care_plan' then covered_from end) as care_plans_from
    from {{ ref('int_control__coverage') }}
    where source = 'ssd'
),

due as (
    select
        cla.month,
        cla.reference_date,
        cla.cla_key,
        cla.child_key,
        cla.start_date,
        cla.permanence_plan,
        cla.latest_review_date,
        cla.last_iro_contact_date,
        cla.source_route,
        cla.team_code,
        cla.service_code,
        {{ due_after('cla.start_date', 'permanence_standard') }} as permanence_plan_due_date,
        {{ due_after('cla.start_date', 'contact_standard') }} as iro_contact_due_date
    from {{ ref('fct_cla_month_end') }} as cla
    {{ standard_join('permanence_plan', 'cla.start_date', 'permanence_standard') }}
    {{ due_joins('cla.start_date', 'permanence_standard') }}
    {{ standard_join('reviewing_officer_contact', 'cla.start_date', 'contact_standard') }}
    {{ due_joins('cla.start_date', 'contact_standard') }}
),

care_plans as (
    select
        due.child_key,
        due.month,
        max(care_plans.care_plan_start_date) as care_plan_date
    from due
    inner join {{ ref('int_children__identities') }} as children on due.child_key = children.child_key
    inner join {{ ref('stg_ssd__cla_care_plan') }} as care_plans
        on
            children.child_id = care_plans.child_id
            and due.start_date <= care_plans.care_plan_start_date
            and due.reference_date >= care_plans.care_plan_start_date
    group by due.child_key, due.month
)

select
    due.month,
    due.reference_date,
    due.cla_key,
    due.child_key,
    due.start_date,
    due.permanence_plan_due_date,
    case
        when
            due.permanence_plan_due_date <= due.reference_date
            and (due.source_route = 'annex_a' or covered.care_plans_from <= due.reference_date)
            then due.permanence_plan is not null
    end as is_permanence_plan_recorded,
    due.iro_contact_due_date,
    due.latest_review_date,
    case
        when due.source_route = 'annex_a' or covered.episodes_known_to <= due.reference_date then due.last_iro_contact_date
    end as last_iro_contact_date,
    case
        when
            due.iro_contact_due_date <= due.reference_date
            and (due.source_route = 'annex_a' or covered.episodes_known_to <= due.reference_date)
            -- on the day of the review they meet anyhow; before the first review contact counts from the start of care
            then coalesce(due.last_iro_contact_date > coalesce(due.latest_review_date, due.start_date), false)
    end as has_iro_contact_since_review,
    care_plans.care_plan_date,
    case
        when due.latest_review_date >= covered.care_plans_from
            then coalesce(care_plans.care_plan_date >= due.latest_review_date, false)
    end as is_care_plan_updated_since_review,
    due.source_route,
    due.team_code,
    due.service_code
from due
cross join covered
left join care_plans on due.child_key = care_plans.child_key and due.month = care_plans.month
