{{ staged('published_statistics', 'comparators') }}
