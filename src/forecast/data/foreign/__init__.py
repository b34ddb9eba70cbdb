"""Yearly tables as people have them: other separators, headings, layouts, years and numbers.

`read_file` and `read_frame` give one long table and what was understood on the way, or say in few lines
what to change.  Every column is found by its name (`headings`), laid out as one figure a row (`layout`),
and its cells are put into plain form (`values`).
"""

from __future__ import annotations

from forecast.data.foreign.beside import (
    EVERYWHERE,
    CovariateTable,
    read_covariates_file,
    read_covariates_frame,
)
from forecast.data.foreign.read import YearlyTable, folded, read_file, read_frame
