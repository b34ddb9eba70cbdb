"""Every table of the report, declared once: for pages, pictures, workbook and long table."""
