{{ staged('workforce', 'supervision') }}
