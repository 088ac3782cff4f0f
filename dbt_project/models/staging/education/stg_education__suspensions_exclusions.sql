{{ staged('education', 'suspensions_exclusions') }}
