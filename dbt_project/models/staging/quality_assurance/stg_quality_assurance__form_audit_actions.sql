{{ staged('quality_assurance', 'form_audit_actions') }}
