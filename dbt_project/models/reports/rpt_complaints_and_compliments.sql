-- Complaints, compliments, comments and acknowledgements by quarter, beside the quarter before, with the timescale and the start rule
-- by which a figure of timeliness was judged.
with
{{ kpi_report_rows('Q', 'complaints_and_compliments') }},

{{ kpi_timed_report() }}
