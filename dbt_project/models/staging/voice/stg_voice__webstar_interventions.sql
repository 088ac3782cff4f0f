{{ staged('voice', 'webstar_interventions') }}
