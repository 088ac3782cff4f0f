{{ staged('voice', 'feedback') }}
