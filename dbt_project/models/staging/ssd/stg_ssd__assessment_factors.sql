{{ staged('ssd', 'assessment_factors') }}
