{{ staged('fostering', 'temporary_approvals') }}
