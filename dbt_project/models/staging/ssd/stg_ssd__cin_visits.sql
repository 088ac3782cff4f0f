{{ staged('ssd', 'cin_visits') }}
