{{ staged('complaints', 'complaint_stage_rules') }}
