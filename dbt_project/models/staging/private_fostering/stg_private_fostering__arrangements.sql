{{ staged('private_fostering', 'arrangements') }}
