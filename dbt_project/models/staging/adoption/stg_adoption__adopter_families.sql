{{ staged('adoption', 'adopter_families') }}
