{{ staged('quality_assurance', 'template_themes') }}
