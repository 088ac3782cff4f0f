{{ staged('get_safe', 'case_themes') }}
