-- What each source says about each child, newest snapshot first, then the lowest list number.
-- A child known only from an audit, feedback, WebStar or a restriction is a child too, without demographics.
with

said as (
    {{ demographics('stg_annex_a__contacts', 1, has_disability=false) }}
    union all
    {{ demographics('stg_annex_a__early_help_assessments', 2, has_disability=false) }}
    union all
    {{ demographics('stg_annex_a__referrals', 3, has_disability=false) }}
    union all
    {{ demographics('stg_annex_a__assessments', 4, has_disability=true) }}
    union all
    {{ demographics('stg_annex_a__section_47_enquiries', 5, has_disability=true) }}
    union all
    {{ demographics('stg_annex_a__children_in_need', 6, has_disability=true) }}
    union all
    {{ demographics('stg_annex_a__child_protection_plans', 7, has_disability=true) }}
    union all
    {{ demographics('stg_annex_a__children_looked_after', 8, has_disability=true) }}
    union all
    {{ demographics('stg_annex_a__care_leavers', 9, has_disability=true) }}
    union all
    {{ demographics('stg_annex_a__children_for_adoption', 10, has_disability=true) }}
    union all
    {{ only_child_id('int_quality_assurance__audit_records') }}
    union all
    {{ only_child_id('stg_voice__feedback') }}
    union all
    {{ only_child_id('stg_voice__webstar') }}
    union all
    {{ only_child_id('stg_reference__record_restrictions') }}
)

select
    child_id,
    date_of_birth,
    gender,
    ethnicity,
    disability,
    snapshot_date,
    list_number,
    row_number
from said
