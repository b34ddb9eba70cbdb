"""Draw pictures of a Result, each with caption, alt text and a table of its figures."""

from forecast.answer.result import Result
from forecast.pages.plot.canvas import warm
from forecast.pages.plot.card import card
from forecast.pages.plot.current import current
from forecast.pages.plot.domains import domains
from forecast.pages.plot.history import history
from forecast.pages.plot.known import known
from forecast.pages.plot.losses import lost
from forecast.pages.plot.past import coverage, skill, track
from forecast.pages.plot.provinces import ranking, tile_map
from forecast.pages.plot.scenarios import scenarios
from forecast.pages.plot.standing import rank
from forecast.pages.plot.verification import verified


def prepare(result: Result, lang: str) -> None:
    """Draw and cache the pictures that several notebooks of a run, or the runs of several areas, show."""
    for figure in (coverage, known, lost, rank, ranking, scenarios, skill, track):
        figure(result, lang=lang)
