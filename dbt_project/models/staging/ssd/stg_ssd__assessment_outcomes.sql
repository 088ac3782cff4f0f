{{ staged('ssd', 'assessment_outcomes') }}
