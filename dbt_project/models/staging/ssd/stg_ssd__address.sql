{{ staged('ssd', 'address') }}
