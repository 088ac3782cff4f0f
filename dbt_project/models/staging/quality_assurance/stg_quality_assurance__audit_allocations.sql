{{ staged('quality_assurance', 'audit_allocations') }}
