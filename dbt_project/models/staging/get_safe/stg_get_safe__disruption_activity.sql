{{ staged('get_safe', 'disruption_activity') }}
