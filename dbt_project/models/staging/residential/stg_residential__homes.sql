{{ staged('residential', 'homes') }}
