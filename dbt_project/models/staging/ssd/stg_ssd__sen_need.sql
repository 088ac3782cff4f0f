{{ staged('ssd', 'sen_need') }}
