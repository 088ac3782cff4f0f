-- One row per return of a missing child, on the day of the return. An interview held late is judged; one not held is judged when its
-- time has passed and the interviews are known that far.
select
    {{ kpi_item_columns('returns', 'missing_return_key', 'returned_date') }}
    returns.missing_from,
    1 as is_return,
    {{ kpi_flag('returns.is_offered') }} as is_offered,
    {{ kpi_flag('returns.is_offered is null') }} as is_offer_not_recorded,
    {{ kpi_flag('returns.is_accepted') }} as is_accepted,
    {{ kpi_flag('returns.is_held') }} as is_interview_held,
    {{ kpi_flag('returns.is_held and returns.is_in_time is null') }} as is_time_not_known,
    {{ kpi_flag('returns.is_held and returns.is_in_time') }} as is_interview_in_time,
    {{ kpi_flag('returns.is_held or returns.is_due_date_past') }} as is_interview_due,
    {{ kpi_flag('not returns.is_held and not returns.is_due_date_past') }} as is_interview_not_yet_due
from {{ ref('fct_missing_returns') }} as returns
{{ kpi_item_joins('returns', 'returned_date') }}
