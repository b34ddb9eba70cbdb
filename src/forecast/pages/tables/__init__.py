"""Declare every table of the report once, for pages, pictures, workbook and long table."""
