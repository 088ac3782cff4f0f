{{ staged('reference', 'practice_standards') }}
