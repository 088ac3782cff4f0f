{{ staged('lado', 'lado_meetings') }}
