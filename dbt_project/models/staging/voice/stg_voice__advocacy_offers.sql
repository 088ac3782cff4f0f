{{ staged('voice', 'advocacy_offers') }}
