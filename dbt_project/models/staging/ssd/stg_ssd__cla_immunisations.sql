{{ staged('ssd', 'cla_immunisations') }}
