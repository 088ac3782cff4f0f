{{ staged('voice', 'webstar_versions') }}
