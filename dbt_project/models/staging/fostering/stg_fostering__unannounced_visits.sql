{{ staged('fostering', 'unannounced_visits') }}
