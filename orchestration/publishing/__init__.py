"""Published datasets: what is due, what may be shown, how it is written, verified. No KPI is computed here."""
