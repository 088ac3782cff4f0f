{{ staged('ssd', 'involvements') }}
