{{ staged('voice', 'webstar') }}
