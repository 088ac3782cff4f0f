{{ staged('workforce', 'sickness') }}
