{{ staged('quality_assurance', 'practice_observations') }}
