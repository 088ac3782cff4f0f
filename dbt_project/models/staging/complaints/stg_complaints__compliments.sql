{{ staged('complaints', 'compliments') }}
