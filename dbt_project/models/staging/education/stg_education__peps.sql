{{ staged('education', 'peps') }}
