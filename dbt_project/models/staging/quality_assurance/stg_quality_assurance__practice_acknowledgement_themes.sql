{{ staged('quality_assurance', 'practice_acknowledgement_themes') }}
