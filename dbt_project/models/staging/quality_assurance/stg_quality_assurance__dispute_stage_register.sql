{{ staged('quality_assurance', 'dispute_stage_register') }}
