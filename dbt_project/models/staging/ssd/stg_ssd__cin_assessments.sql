{{ staged('ssd', 'cin_assessments') }}
