-- One row per child and adoption decision. The plan ends with the adoption order or the reversal of the decision. After an order
-- the child lives on under another identity, which nothing here knows of: the row stays with the child it was made for.
select
    {{ row_key(['plans.child_key', 'plans.decision_date']) }} as adoption_plan_key,
    plans.child_key,
    plans.source_route,
    plans.care_entry_date,
    plans.decision_date,
    plans.placement_order_date,
    plans.early_permanence_date,
    plans.matched_date,
    plans.placed_date,
    plans.adoption_order_date,
    plans.disrupted_date,
    plans.reversed_date,
    plans.reversal_reason,
    coalesce(plans.adoption_order_date, plans.reversed_date) as end_date,
    case
        when plans.adoption_order_date is not null then 'adopted'
        when plans.reversed_date is not null then 'reversed'
        when plans.disrupted_date is not null then 'disrupted'
        when plans.placed_date is not null then 'placed'
        when plans.matched_date is not null then 'matched'
        when plans.placement_order_date is not null then 'placement_order'
        else 'decision'
    end as stage,
    plans.adoption_order_date is null and plans.reversed_date is null as is_open,
    plans.reversed_date is not null as is_reversed,
    plans.early_permanence_date is not null as is_early_permanence,
    plans.is_sibling_group,
    plans.sibling_group_children,
    -- A10: a child fostered by those who go on to adopt has arrived when that begins
    {{ step_days(
        'plans.care_entry_date',
        '(case when plans.early_permanence_date < plans.placed_date then plans.early_permanence_date else plans.placed_date end)'
    ) }} as days_entry_to_placed,
    {{ step_days('plans.care_entry_date', 'plans.decision_date') }} as days_entry_to_decision,
    {{ step_days('plans.decision_date', 'plans.placement_order_date') }} as days_decision_to_placement_order,
    {{ step_days('plans.placement_order_date', 'plans.matched_date') }} as days_placement_order_to_match,
    {{ step_days('plans.matched_date', 'plans.placed_date') }} as days_match_to_placed,
    {{ step_days('plans.placed_date', 'plans.adoption_order_date') }} as days_placed_to_order,
    {{ step_days('plans.care_entry_date', 'plans.adoption_order_date') }} as days_entry_to_order,
    plans.celebration_date,
    plans.life_story_book_date,
    plans.later_life_letter_date,
    {{ working_days_after('celebration_day', 'book_day') }} as working_days_to_life_story_book,
    {{ working_days_after('celebration_day', 'letter_day') }} as working_days_to_later_life_letter,
    {{ due_after('plans.celebration_date', 'life_story_standard') }} as life_story_work_due_date,
    {{ done_in_time(
        'plans.life_story_book_date', in_time_until('plans.celebration_date', 'life_story_standard'), 'known_to.known_to'
    ) }} as is_life_story_book_in_time,
    {{ done_in_time(
        'plans.later_life_letter_date', in_time_until('plans.celebration_date', 'life_story_standard'), 'known_to.known_to'
    ) }} as is_later_life_letter_in_time,
    {{ age_in_years('plans.date_of_birth', 'plans.decision_date') }} as age,
    coalesce(event_team.team_code, snapshot_team.team_code, allocation_team.team_code, 'unmapped') as team_code,
    coalesce(event_team.service_code, snapshot_team.service_code, allocation_team.service_code, 'unmapped') as service_code,
    plans.load_id,
    plans.row_number
from {{ ref('int_permanence__adoption_plans') }} as plans
left join {{ ref('dim_date') }} as celebration_day on plans.celebration_date = celebration_day.date_day
left join {{ ref('dim_date') }} as book_day on plans.life_story_book_date = book_day.date_day
left join {{ ref('dim_date') }} as letter_day on plans.later_life_letter_date = letter_day.date_day
left join {{ ref('int_control__known_to') }} as known_to on known_to.fact = 'adoption_plans'
{{ standard_join('life_story_work', 'plans.celebration_date', 'life_story_standard') }}
{{ due_joins('plans.celebration_date', 'life_story_standard') }}
{{ team_joins('plans', 'plans.decision_date') }}
{{ allocation_joins('plans', 'plans.decision_date') }}
