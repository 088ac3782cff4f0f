-- One row per episode of need that was closed, on that day. What was assessed as not in need was no episode.
select
    {{ kpi_item_columns('episodes', 'cin_key', 'close_date') }}
    coalesce(episodes.close_reason, 'not_recorded') as close_reason,
    {{ duration_band('episodes.referral_date', 'episodes.close_date') }} as duration_band,
    1 as is_episode_end,
    {{ kpi_flag(has_lasted_months_at_most('episodes.referral_date', 'episodes.close_date', 3)) }} as is_three_months_or_less,
    {{ kpi_flag(has_lasted_months('episodes.referral_date', 'episodes.close_date', 24)) }} as is_two_years_or_more
from {{ ref('fct_cin_episodes') }} as episodes
{{ kpi_item_joins('episodes', 'close_date') }}
where not coalesce(episodes.is_closed_after_assessment, false)
