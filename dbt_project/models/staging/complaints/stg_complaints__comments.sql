{{ staged('complaints', 'comments') }}
