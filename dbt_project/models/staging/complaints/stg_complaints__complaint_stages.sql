{{ staged('complaints', 'complaint_stages') }}
