{{ staged('fostering', 'safer_caring_plans') }}
