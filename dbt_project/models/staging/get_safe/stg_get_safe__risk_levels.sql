{{ staged('get_safe', 'risk_levels') }}
