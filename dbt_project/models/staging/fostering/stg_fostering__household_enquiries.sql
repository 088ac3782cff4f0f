{{ staged('fostering', 'household_enquiries') }}
