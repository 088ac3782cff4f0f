{{ staged('ssd', 'contacts') }}
