"""Taking landed files in: claim, read, type, quarantine, store. Driven by `expectations.contracts`; no Dagster here."""
