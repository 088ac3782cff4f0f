{{ staged('quality_assurance', 'multi_agency_audit_learning') }}
