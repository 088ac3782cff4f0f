{{ staged('ssd', 'cla_substance_misuse') }}
