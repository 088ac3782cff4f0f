{{ staged('education', 'school_enrolments') }}
