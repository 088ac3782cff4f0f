"""Generator of a realistic invented authority's extracts; nothing else in the product imports it."""
