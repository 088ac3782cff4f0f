{{ staged('quality_assurance', 'dispute_stages') }}
