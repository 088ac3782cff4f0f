{{ staged('education', 'home_education_checks') }}
