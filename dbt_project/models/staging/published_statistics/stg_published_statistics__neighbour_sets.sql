{{ staged('published_statistics', 'neighbour_sets') }}
