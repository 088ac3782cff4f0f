{{ staged('ssd', 'cla_health') }}
