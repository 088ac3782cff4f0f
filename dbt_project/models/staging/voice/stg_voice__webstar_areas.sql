{{ staged('voice', 'webstar_areas') }}
