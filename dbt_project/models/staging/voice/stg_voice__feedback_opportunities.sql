{{ staged('voice', 'feedback_opportunities') }}
