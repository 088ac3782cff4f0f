-- The frozen lists of case file audits, a row per subject, for the managers who audit: by group manager, team manager and team. Where a
-- case is allocated, service and team are those responsible for it now. A case that was replaced keeps its row. The audit is due as
-- the standard says after circulation. Children whose records are restricted are left out, approved for audit or not, and so
-- is a number that is nobody's.
with

cases as (
    select
        samples.month,
        samples.case_number,
        samples.subject_type,
        samples.subject_id,
        identities.child_key,
        coalesce(samples.responsible_service_code, samples.service_code) as service_code,
        coalesce(samples.responsible_team_code, samples.team_code) as team_code,
        samples.template,
        samples.themes,
        samples.stratum,
        samples.case_status,
        samples.sample_date,
        samples.frozen_date,
        samples.circulated_date,
        samples.lead_auditor_id,
        samples.peer_auditor_id,
        samples.allocation_reason,
        samples.replaced_by,
        samples.reason
    from {{ ref('stg_control__audit_samples') }} as samples
    left join {{ ref('int_children__identities') }} as identities
        on samples.subject_type = 'child' and samples.subject_id = identities.child_id
),

group_managers as (
    select
        service_code,
        worker_id,
        worker_name,
        valid_from,
        {{ end_or_never('valid_to') }} as valid_to,
        row_number() over (partition by service_code, valid_from order by worker_id) as place
    from {{ ref('dim_worker') }}
    where role = 'group_manager' and service_code <> 'unmapped'
),

-- of two in post on the day the one who came last
managed as (
    select
        cases.month,
        cases.case_number,
        group_managers.worker_id,
        group_managers.worker_name,
        row_number() over (
            partition by cases.month, cases.case_number order by group_managers.valid_from desc, group_managers.worker_id asc
        ) as place
    from cases
    inner join group_managers
        on
            cases.service_code = group_managers.service_code
            and cases.frozen_date >= group_managers.valid_from
            and cases.frozen_date <= group_managers.valid_to
    where group_managers.place = 1
),

templates as (
    select
        template,
        title,
        valid_from,
        {{ end_or_never('valid_to') }} as valid_to
    from {{ ref('stg_quality_assurance__audit_templates') }}
)

select
    {{ row_key(['cases.month', 'cases.case_number']) }} as audit_case_key,
    cases.month as period,
    cases.case_number,
    managed.worker_id as group_manager_id,
    managed.worker_name as group_manager_name,
    cases.service_code,
    teams.service_name,
    cases.team_code,
    teams.team_name,
    cases.lead_auditor_id,
    lead_auditors.worker_name as lead_auditor_name,
    cases.peer_auditor_id,
    peer_auditors.worker_name as peer_auditor_name,
    cases.subject_type,
    cases.subject_id,
    cases.child_key,
    cases.case_status,
    cases.template,
    templates.title as template_title,
    cases.themes,
    cases.stratum,
    cases.sample_date,
    cases.circulated_date,
    {{ due_after('cases.circulated_date', 'completion_standard') }} as due_date,
    cases.replaced_by is not null as is_replaced,
    cases.replaced_by,
    cases.reason,
    cases.allocation_reason
from cases
left join managed on cases.month = managed.month and cases.case_number = managed.case_number and managed.place = 1
left join {{ ref('dim_team') }} as teams
    on
        cases.team_code = teams.team_code
        and cases.frozen_date >= teams.valid_from
        and cases.frozen_date <= {{ end_or_never('teams.valid_to') }}
left join {{ ref('dim_worker') }} as lead_auditors on cases.lead_auditor_id = lead_auditors.worker_id and lead_auditors.is_latest
left join {{ ref('dim_worker') }} as peer_auditors on cases.peer_auditor_id = peer_auditors.worker_id and peer_auditors.is_latest
left join templates
    on
        cases.template = templates.template
        and cases.frozen_date >= templates.valid_from
        and cases.frozen_date <= templates.valid_to
left join {{ ref('dim_child') }} as children on cases.child_key = children.child_key
{{ standard_join('audit_completion', 'cases.circulated_date', 'completion_standard') }}
{{ due_joins('cases.circulated_date', 'completion_standard') }}
where cases.subject_type <> 'child' or children.record_restriction = 'none'
