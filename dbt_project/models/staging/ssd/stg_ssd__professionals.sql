{{ staged('ssd', 'professionals') }}
