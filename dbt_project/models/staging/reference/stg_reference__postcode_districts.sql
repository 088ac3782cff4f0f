{{ staged('reference', 'postcode_districts') }}
