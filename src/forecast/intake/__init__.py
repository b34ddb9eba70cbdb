"""Import what people hand in: printed tables, single figures, the annex of criteria, departments' forms."""
