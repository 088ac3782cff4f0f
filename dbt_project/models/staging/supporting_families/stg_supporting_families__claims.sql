{{ staged('supporting_families', 'claims') }}
