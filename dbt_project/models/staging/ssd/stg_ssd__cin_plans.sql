{{ staged('ssd', 'cin_plans') }}
