{{ staged('ssd', 'permanence') }}
