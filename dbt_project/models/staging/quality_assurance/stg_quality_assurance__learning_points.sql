{{ staged('quality_assurance', 'learning_points') }}
