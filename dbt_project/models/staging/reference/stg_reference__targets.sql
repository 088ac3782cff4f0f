{{ staged('reference', 'targets') }}
