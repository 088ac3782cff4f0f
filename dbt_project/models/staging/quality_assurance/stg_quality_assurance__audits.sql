{{ staged('quality_assurance', 'audits') }}
