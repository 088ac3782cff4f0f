{{ staged('reference', 'supplied_values') }}
