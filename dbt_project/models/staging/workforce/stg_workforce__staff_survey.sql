{{ staged('workforce', 'staff_survey') }}
