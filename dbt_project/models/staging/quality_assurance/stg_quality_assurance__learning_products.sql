{{ staged('quality_assurance', 'learning_products') }}
