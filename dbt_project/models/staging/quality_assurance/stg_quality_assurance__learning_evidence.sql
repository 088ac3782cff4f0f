{{ staged('quality_assurance', 'learning_evidence') }}
