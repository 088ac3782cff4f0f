{{ staged('quality_assurance', 'audit_templates') }}
