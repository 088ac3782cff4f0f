{{ staged('reference', 'record_restrictions') }}
