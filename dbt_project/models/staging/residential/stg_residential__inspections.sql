{{ staged('residential', 'inspections') }}
