{{ staged('education', 'virtual_school_timetable') }}
