{{ staged('residential', 'incidents') }}
