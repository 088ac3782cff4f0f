{{ staged('quality_assurance', 'mid_way_audit_actions') }}
