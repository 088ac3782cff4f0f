{{ staged('quality_assurance', 'audit_programme') }}
