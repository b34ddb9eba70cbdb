"""The reference forecast of ranks: last year's rank alone, moved on the normal scale of ranks."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from forecast.base.arrays import Floats
from forecast.model.standing import normal_score

LAST_RANK: Final = "last_rank"
STEP: Final = 0.4  # standard deviation of a year's move on the normal scale


def last_rank_chances(rank: ArrayLike, n: int) -> Floats:
    """Chances of the ranks 1 to n after a normal step from the normal score (Blom 1958) of last year's.

    A rank stands for the normal values nearest to its own share of the distribution.

    Parameters
    ----------
    rank : array-like, shape (K,)

    Returns
    -------
    ndarray, shape (K, n)

    Examples
    --------
    >>> last_rank_chances([1.0, 2.0], 3).round(3)
    array([[0.882, 0.117, 0.001],
           [0.161, 0.677, 0.161]])
    """
    start = normal_score(np.asarray(rank, dtype=float), n)
    # Where rank k passes over into k + 1: halfway between their shares above, (k - 0.375) / (n + 0.25).
    edges = -ndtri((np.arange(1, n) + 0.125) / (n + 0.25))
    at_most = 1 - ndtr((edges - start[:, None]) / STEP)
    return np.diff(at_most, axis=1, prepend=0.0, append=1.0)
