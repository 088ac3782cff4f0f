{{ staged('ssd', 'cla_convictions') }}
