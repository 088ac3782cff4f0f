"""What qapm expects of every extract and of a release: contracts, code lists, Great Expectations suites and gates."""
