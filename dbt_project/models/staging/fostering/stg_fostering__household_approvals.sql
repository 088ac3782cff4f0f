{{ staged('fostering', 'household_approvals') }}
