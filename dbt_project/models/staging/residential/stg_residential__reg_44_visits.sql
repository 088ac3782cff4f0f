{{ staged('residential', 'reg_44_visits') }}
