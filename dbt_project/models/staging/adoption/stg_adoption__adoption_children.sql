{{ staged('adoption', 'adoption_children') }}
