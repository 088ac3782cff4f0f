{{ staged('reference', 'control_chart_rebases') }}
