{{ staged('quality_assurance', 'form_theme_grades') }}
