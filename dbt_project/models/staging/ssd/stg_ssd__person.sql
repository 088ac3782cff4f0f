{{ staged('ssd', 'person') }}
