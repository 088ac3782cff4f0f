{{ staged('quality_assurance', 'improvement_actions') }}
