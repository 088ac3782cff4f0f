"""Read-only copies of the warehouse, one per zone, for BI tools."""
