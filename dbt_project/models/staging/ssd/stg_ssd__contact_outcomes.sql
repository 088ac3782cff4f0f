{{ staged('ssd', 'contact_outcomes') }}
