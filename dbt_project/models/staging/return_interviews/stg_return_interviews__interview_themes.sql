{{ staged('return_interviews', 'interview_themes') }}
