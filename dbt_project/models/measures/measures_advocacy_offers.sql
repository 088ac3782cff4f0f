-- One row per offer of an advocate or independent visitor made or due, on that day. Advocates and visitors are counted apart.
select
    {{ kpi_item_columns('offers', 'advocacy_offer_key', 'offered_date') }}
    offers.plan_type,
    {{ kpi_flag("offers.offer_kind = 'advocate'") }} as is_advocate_due,
    {{ kpi_flag("offers.offer_kind = 'advocate' and offers.is_offered") }} as is_advocate_offered,
    {{ kpi_flag("offers.offer_kind = 'advocate' and offers.is_taken_up is not null") }} as is_advocate_decided,
    {{ kpi_flag("offers.offer_kind = 'advocate' and offers.is_taken_up") }} as is_advocate_taken_up,
    {{ kpi_flag("offers.offer_kind = 'advocate' and offers.is_offered and offers.is_taken_up is null") }} as is_advocate_undecided,
    {{ kpi_flag("offers.offer_kind = 'independent_visitor' and offers.is_offered") }} as is_visitor_offered,
    {{ kpi_flag("offers.offer_kind = 'independent_visitor' and offers.is_taken_up is not null") }} as is_visitor_decided,
    {{ kpi_flag("offers.offer_kind = 'independent_visitor' and offers.is_taken_up") }} as is_visitor_taken_up
from {{ ref('fct_advocacy_offers') }} as offers
{{ kpi_item_joins('offers', 'offered_date') }}
