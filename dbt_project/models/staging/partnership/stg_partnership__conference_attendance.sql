{{ staged('partnership', 'conference_attendance') }}
