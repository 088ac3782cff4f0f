{{ staged('edge_of_care', 'edge_of_care_cases') }}
