-- Re-referral: an earlier referral of the child in the 12 months before THIS referral (never before the run date):
-- from the same calendar day of the year before (28 February for 29 February), that day included, to the day before.
-- An earlier referral that is held is proof, whatever the count field says: some case systems count from the day of the run.
-- Where none is held the field speaks, of the referral that was the child's latest; then the referrals held, if they reach
-- back 12 months; otherwise it is not known.
with

referrals as (
    select
        referrals.child_id,
        referrals.referral_date,
        referrals.referral_source,
        referrals.referral_nfa,
        referrals.team_name,
        referrals.snapshot_date,
        referrals.load_id,
        referrals.row_number,
        {{ add_months('referrals.referral_date', -12) }} as window_start,
        lag(referrals.referral_date) over (
            partition by referrals.child_id order by referrals.referral_date
        ) as previous_referral_date
    from {{ ref('stg_annex_a__referrals') }} as referrals
    cross join {{ ref('stg_control__run') }} as run
    where referrals.is_current and referrals.referral_date <= run.as_at
),

judged as (
    select
        referrals.child_id,
        referrals.referral_date,
        referrals.referral_source,
        referrals.referral_nfa,
        referrals.team_name,
        referrals.snapshot_date,
        referrals.load_id,
        referrals.row_number,
        referrals.previous_referral_date,
        counts.referrals_last_12_months,
        coalesce(referrals.previous_referral_date >= referrals.window_start, false) as has_previous_in_window,
        case
            when referrals.previous_referral_date >= referrals.window_start then 'window'
            when counts.referrals_last_12_months is not null then 'count_field'
            when coverage.covered_from is not null then 'window'
            else 'unknown'
        end as rereferral_basis
    from referrals
    left join {{ ref('int_front_door__referral_counts') }} as counts
        on referrals.child_id = counts.child_id and referrals.referral_date = counts.referral_date
    left join {{ ref('int_control__coverage') }} as coverage
        on
            coverage.source = 'annex_a'
            and coverage.table_name = 'list_3'
            and referrals.window_start >= coverage.covered_from
            and referrals.referral_date <= coverage.covered_to
)

select
    {{ row_key(['children.child_key', 'judged.referral_date']) }} as referral_key,
    children.child_key,
    judged.referral_date,
    judged.referral_source,
    {{ contact_source_group('judged.referral_source') }} as referral_source_group,
    coalesce(judged.referral_nfa = 'yes', false) as is_nfa,
    judged.referrals_last_12_months,
    judged.previous_referral_date,
    case judged.rereferral_basis
        when 'window' then judged.has_previous_in_window
        when 'count_field' then judged.referrals_last_12_months > 0
    end as is_rereferral,
    judged.rereferral_basis,
    {{ team_columns() }},
    judged.load_id,
    judged.row_number
from judged
inner join {{ ref('int_children__identities') }} as children on judged.child_id = children.child_id
{{ team_joins('judged', 'judged.referral_date') }}
