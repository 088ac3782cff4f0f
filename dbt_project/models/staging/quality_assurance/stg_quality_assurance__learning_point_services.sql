{{ staged('quality_assurance', 'learning_point_services') }}
