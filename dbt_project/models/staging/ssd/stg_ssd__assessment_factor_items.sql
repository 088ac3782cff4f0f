{{ staged('ssd', 'assessment_factor_items') }}
