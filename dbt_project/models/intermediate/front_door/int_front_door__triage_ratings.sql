-- Risk ratings of triage with the hours they allow, dated. An edition without an end holds until the next one of the same rating
-- begins; of two that begin on one day the stricter holds.
with

editions as (
    select
        risk_rating,
        decision_hours,
        working_days_only,
        valid_from,
        valid_to,
        row_number() over (partition by risk_rating, valid_from order by decision_hours asc, row_number asc) as place
    from {{ ref('stg_portal_referrals__triage_ratings') }}
),

followed as (
    select
        risk_rating,
        decision_hours,
        working_days_only,
        valid_from,
        valid_to,
        {{ add_days('lead(valid_from) over (partition by risk_rating order by valid_from)', -1) }} as last_day_before_next
    from editions
    where place = 1
)

select
    risk_rating,
    cast(decision_hours as decimal(18, 4)) as decision_hours,
    coalesce(working_days_only = 'yes', false) as is_working_days_only,
    valid_from,
    least(
        coalesce(valid_to, cast('9999-12-31' as date)), coalesce(last_day_before_next, cast('9999-12-31' as date))
    ) as valid_to
from followed
