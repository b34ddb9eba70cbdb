"""The Ministry's annex of criteria, as an analyst has it, made into rows of ``frameworks.csv``.

`read` finds the table in a sheet, its numbers, maxima and lines of scoring; `plan` compares it with the
data and makes the rows; `prove` tells whether the folder would be sound with them.
"""

from forecast.intake.annex.framework_rows import Plan, Request, plan
from forecast.intake.annex.framework_table import FrameworkTable, prove, read_table
from forecast.intake.annex.tree import Annex, Item, read

__all__ = [
    "Annex",
    "FrameworkTable",
    "Item",
    "Plan",
    "Request",
    "plan",
    "prove",
    "read",
    "read_table",
]
