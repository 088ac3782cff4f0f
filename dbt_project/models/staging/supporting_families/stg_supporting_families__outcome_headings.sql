{{ staged('supporting_families', 'outcome_headings') }}
