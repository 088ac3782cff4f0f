{{ staged('ssd', 's47_outcomes') }}
