{{ staged('quality_assurance', 'theme_grades') }}
