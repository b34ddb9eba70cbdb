"""Import the Ministry's annex of criteria into rows of ``frameworks.csv``.

`tree` reads a sheet with its numbers, maxima and lines of scoring; `framework_rows` compares it with the data
and makes the rows; `framework_table` writes them into the table's bytes.
"""
