{{ staged('ssd', 'send') }}
