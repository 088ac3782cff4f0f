{{ staged('education', 'missing_education') }}
