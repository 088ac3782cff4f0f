{{ staged('voice', 'feedback_themes') }}
