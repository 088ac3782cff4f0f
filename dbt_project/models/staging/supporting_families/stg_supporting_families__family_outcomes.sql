{{ staged('supporting_families', 'family_outcomes') }}
