-- Early help cases of the early help system; a closure after the as-at date has not happened. Days run from the first day
-- to the last one, or to the as-at date while open.
-- Afterwards: whether the child was referred to social care. From the closure on its own day counts, since a case is closed because a
-- referral was made; from the opening on it does not, since a case is opened on the day another was closed. What is known of a window
-- is known when it has passed and referrals reach to its end.
with

cases as (
    select
        children.child_key,
        cases.early_help_case_id,
        cases.early_help_start_date as start_date,
        {{ by_as_at('cases.early_help_end_date') }} as end_date,
        {{ by_as_at('cases.early_help_end_date', 'cases.early_help_closure_reason') }} as closure_reason,
        cases.level_of_need,
        cases.lead_professional_agency,
        cases.lead_professional_role,
        case cases.stepped_down when 'yes' then true when 'no' then false end as is_stepped_down,
        cases.stepped_down_from,
        run.as_at,
        cases.team_code as team_name,
        cases.snapshot_date,
        cases.load_id,
        cases.row_number
    from {{ ref('stg_supporting_families__early_help_cases') }} as cases
    cross join {{ ref('stg_control__run') }} as run
    inner join {{ ref('int_children__identities') }} as children on cases.child_id = children.child_id
    where cases.early_help_start_date <= run.as_at
),

referred as (
    select
        cases.child_key,
        cases.early_help_case_id,
        min(case when referrals.referral_date > cases.start_date then referrals.referral_date end) as after_start,
        min(case when referrals.referral_date >= cases.end_date then referrals.referral_date end) as after_end
    from cases
    inner join {{ ref('fct_referrals') }} as referrals on cases.child_key = referrals.child_key
    where not coalesce(referrals.is_within_open_episode, false)
    group by cases.child_key, cases.early_help_case_id
)

select
    {{ row_key(['cases.child_key', 'cases.early_help_case_id']) }} as early_help_case_key,
    cases.child_key,
    cases.start_date,
    cases.end_date,
    cases.closure_reason,
    {{ days_between('cases.start_date', 'coalesce(cases.end_date, cases.as_at)') }} as days,
    cases.level_of_need,
    cases.lead_professional_agency,
    {{ agency_key('early_help_organisation', 'cases.lead_professional_agency') }} as agency_key,
    cases.lead_professional_role,
    cases.is_stepped_down,
    cases.stepped_down_from,
    {{ happened_within('cases.end_date', 6, 'referred.after_end', 'known.known_to') }} as has_referral_within_6_months,
    {{ happened_within('cases.end_date', 12, 'referred.after_end', 'known.known_to') }} as has_referral_within_12_months,
    {{ happened_within('cases.start_date', 6, 'referred.after_start', 'known.known_to') }} as has_referral_within_6_months_of_start,
    {{ team_columns() }},
    cases.load_id,
    cases.row_number
from cases
left join referred on cases.child_key = referred.child_key and cases.early_help_case_id = referred.early_help_case_id
left join {{ ref('int_control__known_to') }} as known on known.fact = 'referrals'
{{ team_joins('cases', 'cases.start_date') }}
