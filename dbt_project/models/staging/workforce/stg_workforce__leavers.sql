{{ staged('workforce', 'leavers') }}
