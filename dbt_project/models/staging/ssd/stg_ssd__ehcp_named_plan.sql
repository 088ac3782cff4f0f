{{ staged('ssd', 'ehcp_named_plan') }}
