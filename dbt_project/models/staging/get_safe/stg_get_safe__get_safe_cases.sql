{{ staged('get_safe', 'get_safe_cases') }}
