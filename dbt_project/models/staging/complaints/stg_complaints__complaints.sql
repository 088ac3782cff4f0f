{{ staged('complaints', 'complaints') }}
