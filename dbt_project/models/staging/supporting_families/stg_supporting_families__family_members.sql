{{ staged('supporting_families', 'family_members') }}
