{{ staged('quality_assurance', 'audit_actions') }}
