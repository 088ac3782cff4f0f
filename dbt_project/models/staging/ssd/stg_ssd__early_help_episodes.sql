{{ staged('ssd', 'early_help_episodes') }}
