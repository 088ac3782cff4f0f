{{ staged('get_safe', 'risk_assessments') }}
