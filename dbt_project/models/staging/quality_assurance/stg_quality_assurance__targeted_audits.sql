{{ staged('quality_assurance', 'targeted_audits') }}
