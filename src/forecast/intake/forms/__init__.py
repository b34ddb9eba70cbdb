"""Departments' forms in Excel: made, read, checked, returned with comments, stored."""
