{{ staged('voice', 'feedback_answer_meanings') }}
