{{ staged('ssd', 'cin_episodes') }}
