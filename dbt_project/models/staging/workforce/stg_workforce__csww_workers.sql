{{ staged('workforce', 'csww_workers') }}
