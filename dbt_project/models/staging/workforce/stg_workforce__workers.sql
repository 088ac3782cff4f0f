{{ staged('workforce', 'workers') }}
