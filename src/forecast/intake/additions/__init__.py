"""Figures added to the tables without fear: seen before they are written, doubted where unlikely, undone.

A proposing function (`score`, `indicator`, `announcement`, `event`, `table`, `rows_of_list`) reads what is
given, lets it pass the door to the data and gives a `Proposal`; `effect.effect` tells what it would change
in the forecast; `append` writes it whole or not at all and notes it in the journal; `removal` and `undo`
take it back.
"""

from forecast.intake.additions.annual import INDEXES, table
from forecast.intake.additions.lists import KINDS as LISTS
from forecast.intake.additions.lists import rows_of_list
from forecast.intake.additions.maker import Origin
from forecast.intake.additions.proposal import Compared, Difference, Proposal
from forecast.intake.additions.single import announcement, event, indicator, score
from forecast.intake.additions.store import Listed, Removal, append, listed, removal, undo

__all__ = [
    "INDEXES",
    "LISTS",
    "Compared",
    "Difference",
    "Listed",
    "Origin",
    "Proposal",
    "Removal",
    "announcement",
    "append",
    "event",
    "indicator",
    "listed",
    "removal",
    "rows_of_list",
    "score",
    "table",
    "undo",
]
