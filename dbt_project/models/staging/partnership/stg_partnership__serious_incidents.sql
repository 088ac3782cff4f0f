{{ staged('partnership', 'serious_incidents') }}
