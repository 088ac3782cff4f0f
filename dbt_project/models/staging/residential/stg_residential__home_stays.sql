{{ staged('residential', 'home_stays') }}
