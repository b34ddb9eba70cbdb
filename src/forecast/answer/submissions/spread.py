"""From low, likely and high to a whole distribution on the scale from 0 to the maximum."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from forecast.base.arrays import Floats

LOW_LEVEL, HIGH_LEVEL = 0.1, 0.9
_LOW_Z, _HIGH_Z = ndtri(LOW_LEVEL), ndtri(HIGH_LEVEL)
_FARTHEST: Final = 40.0  # standard deviations; beyond double precision's normal tails
_SLACK: Final = 1e-9  # of the maximum: figures that went through a sum may be off by a last digit


def quantiles(low: float, likely: float, high: float, maximum: float, levels: ArrayLike) -> Floats:
    """Give the quantiles of a distribution whose 10, 50 and 90 percent points are known.

    Between the low and the high figure it is a two-piece normal, so that each side has its own spread.
    Beyond them a normal tail would leave the scale; what room is left there is used up exponentially instead,
    starting with the same slope.  A figure on the bound leaves no room, and the tail is a chance of the bound
    itself: full points are a real outcome.

    Levels lie in [0, 1] and may be ranks of random draws; the points are of their shape, exact at 0.1, 0.5
    and 0.9, and never fall as the level rises.

    Raises ValueError if not ``0 <= low <= likely <= high <= maximum``, or a level is off [0, 1].
    """
    at = np.asarray(levels, dtype=float)
    if not np.all((at >= 0) & (at <= 1)):
        raise ValueError("quantile levels must lie in [0, 1]")
    slack = _SLACK * maximum
    if not (-slack <= low <= likely <= high <= maximum + slack and 0 < maximum < np.inf):
        raise ValueError(f"expected 0 <= {low} <= {likely} <= {high} <= {maximum}")
    z = np.clip(ndtri(at), -_FARTHEST, _FARTHEST)
    below = _side(z / _LOW_Z, likely, low, low)
    above = _side(z / _HIGH_Z, likely, high, high - maximum)
    return np.clip(np.where(z < 0, below, above), 0.0, maximum)


def _side(steps: Floats, centre: float, end: float, room: float) -> Floats:
    """Walk from the centre to the end in one step, and on into the room that is left (signed)."""
    within = np.where(steps >= 1, end, centre + steps * (end - centre))
    if not room:
        return within
    beyond = np.maximum(steps - 1.0, 0.0) * abs(centre - end)
    most = _FARTHEST * abs(room)  # where the exponential has used up all of it; no overflow beyond
    return within + room * np.expm1(-np.minimum(beyond, most) / abs(room))
