-- One row per offer of an advocate or an independent visitor to a child with a child protection plan or looked after, or day on which
-- an offer was due and none was made.
select
    {{ row_key(['children.child_key', 'offers.advocacy_offer_id']) }} as advocacy_offer_key,
    children.child_key,
    offers.plan_type,
    offers.offered_date,
    case when offers.independent_visitor = 'yes' then 'independent_visitor' else 'advocate' end as offer_kind,
    offers.offered = 'yes' as is_offered,
    case when offers.offered = 'no' then coalesce(offers.not_offered_reason, 'not_recorded') end as not_offered_reason,
    case when offers.offered = 'yes' then {{ answered_yes('offers.taken_up') }} end as is_taken_up,
    coalesce(nullif(trim(offers.service_code), ''), 'unmapped') as service_code,
    coalesce(nullif(trim(offers.team_code), ''), 'unmapped') as team_code,
    offers.load_id,
    offers.row_number
from {{ ref('stg_voice__advocacy_offers') }} as offers
cross join {{ ref('stg_control__run') }} as run
inner join {{ ref('int_children__identities') }} as children on offers.child_id = children.child_id
where offers.offered_date <= run.as_at
