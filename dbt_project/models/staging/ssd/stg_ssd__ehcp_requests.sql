{{ staged('ssd', 'ehcp_requests') }}
