{{ staged('education', 'attendance_summary') }}
