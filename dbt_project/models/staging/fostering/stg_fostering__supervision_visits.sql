{{ staged('fostering', 'supervision_visits') }}
