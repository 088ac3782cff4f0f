{{ staged('voice', 'feedback_texts') }}
