{{ staged('ssd', 'ehcp_assessment') }}
