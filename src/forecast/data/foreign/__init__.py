"""Read yearly tables from other sources: with any separator, headings, layout, years and numbers.

`read_file` and `read_frame` give one long table and remarks on how it was read, or say in few lines what to
change.  Columns are recognised by their names (`headings`), arranged as one figure a row (`layout`), and
their cells normalised (`values`).
"""

from forecast.data.foreign.covariates import (
    EVERYWHERE,
    CovariateTable,
    read_covariates_file,
    read_covariates_frame,
)
from forecast.data.foreign.read import YearlyTable, fold_repeats, read_file, read_frame
