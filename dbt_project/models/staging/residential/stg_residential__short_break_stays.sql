{{ staged('residential', 'short_break_stays') }}
