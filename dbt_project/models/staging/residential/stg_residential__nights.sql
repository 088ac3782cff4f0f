{{ staged('residential', 'nights') }}
