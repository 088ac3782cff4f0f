{{ staged('workforce', 'posts') }}
