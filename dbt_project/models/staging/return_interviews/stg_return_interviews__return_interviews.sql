{{ staged('return_interviews', 'return_interviews') }}
