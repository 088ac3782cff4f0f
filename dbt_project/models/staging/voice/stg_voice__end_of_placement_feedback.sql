{{ staged('voice', 'end_of_placement_feedback') }}
