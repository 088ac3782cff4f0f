{{ staged('workforce', 'csww_vacancies') }}
