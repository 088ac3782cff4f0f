{{ staged('workforce', 'training') }}
