{{ staged('supporting_families', 'programme_targets') }}
