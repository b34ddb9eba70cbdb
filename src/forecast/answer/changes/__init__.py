"""What changed since the last report: each move of a median split into steps, and the rows behind them.

The earlier report's folder holds its figures and the data that it knew.  Its tables are put back into
today's, and exchanged for today's one step after the other: what the median does at a step is that
step's effect, so the effects add up to the whole move.  A step is taken only if rows of its tables
differ, and these rows are listed: nothing moves without a reason shown.
"""

from forecast.answer.changes.path import path_table
from forecast.answer.changes.steps import PANEL
from forecast.answer.changes.tables import Medians, change_tables
