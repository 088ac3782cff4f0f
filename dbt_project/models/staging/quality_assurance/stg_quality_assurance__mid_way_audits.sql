{{ staged('quality_assurance', 'mid_way_audits') }}
