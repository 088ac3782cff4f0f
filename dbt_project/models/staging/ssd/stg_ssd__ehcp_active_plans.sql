{{ staged('ssd', 'ehcp_active_plans') }}
