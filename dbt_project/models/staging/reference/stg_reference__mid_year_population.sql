{{ staged('reference', 'mid_year_population') }}
