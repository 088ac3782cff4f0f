{{ staged('ssd', 'sdq_scores') }}
