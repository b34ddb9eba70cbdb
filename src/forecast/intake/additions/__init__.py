"""Add figures to the tables: preview them, doubt unlikely ones, write them, and undo that.

`one_row`, `province_table` and `lists` each read the input, check it as all data are checked and make a
`proposal.Proposal`; `effect` computes what it would change in the forecast; `append` writes it completely or
not at all, with an entry in the journal, and can remove it again.
"""
