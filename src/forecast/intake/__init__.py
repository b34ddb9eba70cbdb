"""What people hand in: printed tables, figures, the annex of criteria, departments' forms."""
