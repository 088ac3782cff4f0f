{{ staged('ssd', 'pre_proceedings') }}
