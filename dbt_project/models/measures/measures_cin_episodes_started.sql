-- One row per episode of need, on the day of its referral. What was assessed as not in need started none, which is known once it is
-- closed; nor did what was recorded as a referral while an episode was open.
select
    {{ kpi_item_columns('episodes', 'cin_key', 'referral_date') }}
    coalesce(episodes.primary_need, 'not_recorded') as primary_need,
    1 as is_episode_start
from {{ ref('fct_cin_episodes') }} as episodes
{{ kpi_item_joins('episodes', 'referral_date') }}
where
    not coalesce(episodes.is_closed_after_assessment, false)
    and not coalesce(episodes.is_within_open_episode, false)
