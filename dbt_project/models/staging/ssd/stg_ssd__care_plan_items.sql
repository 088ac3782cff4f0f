{{ staged('ssd', 'care_plan_items') }}
