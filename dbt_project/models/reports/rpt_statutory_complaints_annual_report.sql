-- The year's report on complaints under the Children Act 1989, beside the year before, with the timescale and the start rule by which
-- a figure of timeliness was judged.
with
{{ kpi_report_rows('Y', 'statutory_complaints_annual_report') }},

{{ kpi_timed_report() }}
