"""The warehouse: raw relations over the store, child keys, the dbt build, gates and promotion."""
