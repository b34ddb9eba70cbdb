"""Figures that a person adds to the tables: seen before they are written, doubted where unlikely, undone.

`one_row`, `province_table` and `lists` each read what is given, check it as all data are checked and make a
`proposal.Proposal`; `effect` says what it would change in the forecast; `append` writes it whole or not at
all and notes it in the journal, and takes it back.
"""
