{{ staged('supporting_families', 'families') }}
