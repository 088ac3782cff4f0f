-- One row per claim for a successful family outcome, on the day it was made, with the team of the family's engagement at the time.
-- The programme is the one whose year it was made in, because that year's target is what claims are measured by: families taken on
-- under an earlier programme are still claimed for after it. A day in no year of the register leaves the claim with its own.
with

engaged as (
    select
        claims.claim_key,
        engagements.team_code,
        engagements.service_code,
        row_number() over (
            partition by claims.claim_key order by engagements.engaged_date desc, engagements.supporting_family_key asc
        ) as place
    from {{ ref('fct_supporting_families_claims') }} as claims
    inner join {{ ref('fct_supporting_families') }} as engagements
        on claims.family_key = engagements.family_key and claims.claimed_date >= engagements.engaged_date
),

programmes as (
    select
        claims.claim_key,
        years.programme,
        row_number() over (
            partition by claims.claim_key
            order by case when years.programme = claims.programme then 0 else 1 end, years.target_from desc, years.programme asc
        ) as place
    from {{ ref('fct_supporting_families_claims') }} as claims
    inner join {{ ref('dim_programme_year') }} as years on claims.claimed_date between years.target_from and years.target_to
),

claims as (
    select
        claims.claim_key,
        claims.claimed_date,
        coalesce(programmes.programme, claims.programme) as programme,
        claims.is_submitted,
        claims.claim_status,
        claims.is_valid,
        engaged.team_code,
        engaged.service_code
    from {{ ref('fct_supporting_families_claims') }} as claims
    left join engaged on claims.claim_key = engaged.claim_key and engaged.place = 1
    left join programmes on claims.claim_key = programmes.claim_key and programmes.place = 1
    where claims.claimed_date is not null
)

select
    {{ kpi_plain_item_columns('claims', 'claim_key', 'claimed_date', 'cast(null as varchar)') }}
    claims.programme,
    {{ kpi_flag('claims.is_submitted') }} as is_claim,
    {{ kpi_flag("claims.is_submitted and claims.claim_status <> 'rejected' and coalesce(claims.is_valid, true)") }} as is_valid_claim
from claims
{{ kpi_plain_item_joins('claims', 'claimed_date') }}
