{{ staged('quality_assurance', 'multi_agency_audits') }}
