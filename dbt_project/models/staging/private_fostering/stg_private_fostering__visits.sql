{{ staged('private_fostering', 'visits') }}
