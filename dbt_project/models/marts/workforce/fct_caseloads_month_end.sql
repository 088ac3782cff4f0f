-- One row per worker who holds a case at a month end, with the limit of the practice standards in force: newly qualified workers have
-- one of their own. A worker whom the workforce list does not know is held to the general one. Children with a restricted record
-- count, as in the caseload itself.
with

held as (
    select
        spells.worker_key,
        month_ends.month,
        month_ends.reference_date,
        spells.children_held,
        spells.service_code,
        spells.team_code
    from {{ ref('fct_caseload_spells') }} as spells
    inner join {{ ref('int_calendar__month_ends') }} as month_ends
        on month_ends.reference_date between spells.valid_from and spells.valid_to
),

known as (
    select
        held.worker_key,
        held.month,
        held.reference_date,
        held.children_held,
        held.service_code,
        held.team_code,
        max(case when workers.is_newly_qualified then 1 else 0 end) = 1 as is_newly_qualified
    from held
    left join {{ ref('dim_worker') }} as workers
        on
            held.worker_key = workers.worker_key
            and held.reference_date >= workers.valid_from
            and held.reference_date <= {{ end_or_never('workers.valid_to') }}
    group by
        held.worker_key, held.month, held.reference_date, held.children_held, held.service_code, held.team_code
)

select
    {{ row_key(['known.worker_key', 'known.month']) }} as caseload_month_key,
    known.worker_key,
    known.month,
    known.reference_date,
    known.children_held,
    known.is_newly_qualified,
    case when known.is_newly_qualified then own_limit.timescale else general_limit.timescale end as children_allowed,
    known.children_held
    > case when known.is_newly_qualified then own_limit.timescale else general_limit.timescale end as is_above_limit,
    known.service_code,
    known.team_code
from known
{{ standard_join('caseload', 'known.reference_date', 'general_limit') }}
{{ standard_join('caseload_newly_qualified', 'known.reference_date', 'own_limit') }}
