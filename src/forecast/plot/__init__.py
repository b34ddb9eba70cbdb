"""Figures: each function makes of a Result a picture with caption, alt text and the figures behind it."""

from forecast.plot.canvas import warm
from forecast.plot.domains import domains
from forecast.plot.history import history
from forecast.plot.known import known
from forecast.plot.past import coverage, skill, track
from forecast.plot.points import lost
from forecast.plot.scenarios import scenarios
from forecast.plot.standing import rank

__all__ = ["coverage", "domains", "history", "known", "lost", "rank", "scenarios", "skill", "track", "warm"]
