{{ staged('education', 'school_terms') }}
