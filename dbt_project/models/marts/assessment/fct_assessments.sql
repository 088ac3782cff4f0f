-- Working days: day 0 is the day the assessment started. The standard is the one in force on that day; an assessment that is
-- neither authorised nor past its time at the as-at date, or on the last day known before it, is not judged yet.
-- From the referral: the time that guidance allows from the day of the referral, of the first assessment that followed it. Later ones
-- of an open case do not answer that referral. The standard is the one in force on the day of the referral.
-- Unborn at the day of authorisation (an open one: at the as-at date): nobody can have seen the child.
with

factors as (
    select
        factors.assessment_id,
        count(distinct {{ recorded_factor('items.item') }}) as factor_count
    from {{ ref('stg_ssd__assessment_factors') }} as factors
    inner join {{ ref('stg_ssd__assessment_factor_items') }} as items
        on factors.assessment_factors_id = items.assessment_factors_id
    where {{ is_factor_found('items.value') }} and {{ assessment_factor_group(recorded_factor('items.item')) }} <> 'no_factors'
    group by factors.assessment_id
),

first_of_referral as (
    select
        assessments.assessment_key,
        referrals.referral_key,
        referrals.referral_date,
        row_number() over (
            partition by referrals.referral_key order by assessments.start_date, assessments.assessment_key
        ) as place
    from {{ ref('int_assessment__assessments') }} as assessments
    inner join {{ ref('fct_referrals') }} as referrals
        on {{ row_key(['assessments.child_key', 'assessments.referral_id']) }} = referrals.referral_key
)

select
    assessments.assessment_key,
    assessments.child_key,
    referrals.referral_key,
    workers.worker_key,
    assessments.start_date,
    {{ due_after('assessments.start_date', 'standard') }} as due_date,
    assessments.authorisation_date,
    authorised.working_day_index - standard_from.working_day_index as working_days,
    case
        when
            coalesce(assessments.authorisation_date, {{ judged_on('assessments.as_at', 'known.known_to') }})
            > {{ in_time_until('assessments.start_date', 'standard') }}
            then false
        when assessments.authorisation_date is not null and standard.standard is not null then true
    end as is_in_time,
    authorised.working_day_index - referral_standard_from.working_day_index as working_days_from_referral,
    case
        when
            coalesce(assessments.authorisation_date, {{ judged_on('assessments.as_at', 'known.known_to') }})
            > {{ in_time_until('firsts.referral_date', 'referral_standard') }}
            then false
        when assessments.authorisation_date is not null and referral_standard.standard is not null then true
    end as is_in_time_from_referral,
    assessments.child_seen,
    assessments.date_of_birth is null
    or assessments.date_of_birth > coalesce(assessments.authorisation_date, assessments.as_at) as is_unborn,
    assessments.support_required,
    assessments.is_nfa,
    assessments.led_to_child_in_need_plan,
    case
        when assessments.source_route = 'ssd' and assessments.authorisation_date is not null
            then cast(coalesce(factors.factor_count, 0) as integer)
    end as factor_count,
    {{ team_columns() }},
    assessments.source_route,
    assessments.load_id,
    assessments.row_number
from {{ ref('int_assessment__assessments') }} as assessments
left join {{ ref('fct_referrals') }} as referrals
    on {{ row_key(['assessments.child_key', 'assessments.referral_id']) }} = referrals.referral_key
left join {{ ref('stg_control__worker_keys') }} as workers on assessments.worker_id = workers.worker_id
left join factors on assessments.assessment_id = factors.assessment_id
{{ standard_join('assessment', 'assessments.start_date', 'standard') }}
{{ due_joins('assessments.start_date', 'standard') }}
left join first_of_referral as firsts on assessments.assessment_key = firsts.assessment_key and firsts.place = 1
{{ standard_join('assessment', 'firsts.referral_date', 'referral_standard') }}
{{ due_joins('firsts.referral_date', 'referral_standard') }}
left join {{ ref('dim_date') }} as authorised on assessments.authorisation_date = authorised.date_day
left join {{ ref('int_control__known_to') }} as known on known.fact = 'assessments'
{{ team_joins('assessments', 'coalesce(assessments.authorisation_date, assessments.snapshot_date)') }}
