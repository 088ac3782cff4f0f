{{ staged('get_safe', 'risk_reviews') }}
