{{ staged('complaints', 'complaint_points') }}
