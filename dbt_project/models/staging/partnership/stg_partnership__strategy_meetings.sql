{{ staged('partnership', 'strategy_meetings') }}
