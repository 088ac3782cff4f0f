"""Everything that moves data: ingest, warehouse, publishing, the command line and the Dagster code location."""
