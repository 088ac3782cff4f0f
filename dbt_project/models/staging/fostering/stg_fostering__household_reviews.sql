{{ staged('fostering', 'household_reviews') }}
