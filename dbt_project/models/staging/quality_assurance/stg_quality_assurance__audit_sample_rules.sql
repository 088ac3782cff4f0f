{{ staged('quality_assurance', 'audit_sample_rules') }}
