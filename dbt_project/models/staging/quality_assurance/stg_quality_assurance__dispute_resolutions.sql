{{ staged('quality_assurance', 'dispute_resolutions') }}
