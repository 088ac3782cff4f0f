{{ staged('complaints', 'complaint_learning_actions') }}
