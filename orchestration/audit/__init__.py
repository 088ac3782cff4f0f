"""Case file audits: the sample of a month and who audits what. Pure rules in `sample` and `allocate`, files in `frozen`."""
