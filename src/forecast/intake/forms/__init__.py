"""Make, read, check, return and store the departments' forms in Excel."""
