{{ staged('ssd', 'department') }}
