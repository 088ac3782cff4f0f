{{ staged('supporting_families', 'early_help_cases') }}
