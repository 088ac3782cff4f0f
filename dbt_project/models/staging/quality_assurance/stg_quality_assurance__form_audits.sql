{{ staged('quality_assurance', 'form_audits') }}
