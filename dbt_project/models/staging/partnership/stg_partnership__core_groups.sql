{{ staged('partnership', 'core_groups') }}
