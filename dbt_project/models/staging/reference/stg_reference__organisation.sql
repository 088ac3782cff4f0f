{{ staged('reference', 'organisation') }}
