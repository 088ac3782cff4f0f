{{ staged('quality_assurance', 'practice_acknowledgements') }}
