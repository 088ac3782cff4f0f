{{ staged('fostering', 'households') }}
