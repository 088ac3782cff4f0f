{{ staged('education', 'elective_home_education') }}
