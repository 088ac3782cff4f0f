-- One row per absence of a missing child, on the day it began; being away without authorisation is none.
select
    {{ kpi_item_columns('episodes', 'missing_episode_key', 'start_date') }}
    case when episodes.is_looked_after then 'care' when not episodes.is_looked_after then 'home' else 'unknown' end as missing_from,
    1 as is_missing_episode,
    {{ kpi_flag('not episodes.is_looked_after') }} as is_missing_from_home,
    {{ kpi_flag('episodes.is_looked_after') }} as is_missing_from_care,
    {{ kpi_flag('episodes.episodes_last_90_days >= 3') }} as is_third_in_90_days
from {{ ref('fct_missing_episodes') }} as episodes
{{ kpi_item_joins('episodes', 'start_date') }}
where coalesce(episodes.missing_type, 'missing') = 'missing'
