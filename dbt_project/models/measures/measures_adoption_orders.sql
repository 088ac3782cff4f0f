-- One row per child adopted, on the day of the adoption order.
select
    {{ kpi_item_columns('plans', 'adoption_plan_key', 'adoption_order_date') }}
    {{ kpi_flag('plans.is_life_story_book_in_time is not null') }} as is_life_story_book_due,
    {{ kpi_flag('plans.is_life_story_book_in_time') }} as is_life_story_book_in_time,
    {{ kpi_flag('not plans.is_life_story_book_in_time and plans.life_story_book_date is null') }} as is_life_story_book_not_recorded,
    {{ kpi_flag('plans.celebration_date is null or (plans.is_life_story_book_in_time is null and plans.life_story_book_date is null)') }}
        as is_life_story_book_not_yet_due,
    {{ kpi_flag('plans.is_later_life_letter_in_time is not null') }} as is_later_life_letter_due,
    {{ kpi_flag('plans.is_later_life_letter_in_time') }} as is_later_life_letter_in_time,
    {{ kpi_flag('not plans.is_later_life_letter_in_time and plans.later_life_letter_date is null') }}
        as is_later_life_letter_not_recorded,
    {{ kpi_flag(
        'plans.celebration_date is null or (plans.is_later_life_letter_in_time is null and plans.later_life_letter_date is null)'
    ) }} as is_later_life_letter_not_yet_due,
    {{ kpi_flag('plans.days_entry_to_placed is not null') }} as is_adopted,
    plans.days_entry_to_placed
from {{ ref('fct_adoption_plans') }} as plans
{{ kpi_item_joins('plans', 'adoption_order_date') }}
