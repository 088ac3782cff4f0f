{{ staged('fostering', 'household_placements') }}
