{{ staged('private_fostering', 'notifications') }}
