{{ staged('partnership', 'meeting_attendance') }}
