"""Classes of colour for a map: as many as a reader can tell apart, in grey too."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import pandas as pd

from forecast.pages.reading.wording import span

SHADES: Final = 5  # classes of colour in the style sheet


class Shades:
    """Classes of equal width between the lowest and the highest forecast, 1 the lowest.

    None is narrower than the last digit that is shown, so there may be fewer than `SHADES`.
    """

    def __init__(self, medians: pd.Series[float]) -> None:
        self.low, self.high = float(medians.min()), float(medians.max())
        self.width = max((self.high - self.low) / SHADES, 0.1)

    def of(self, value: float) -> int:
        """Give the class of a value."""
        return min(SHADES, 1 + int((value - self.low) / self.width))

    def legend(self, lang: str) -> list[tuple[int, str]]:
        """Give the classes with their ranges."""
        ends = [self.low + k * self.width for k in range(self.of(self.high) + 1)]
        spans = (span(low, high, lang) for low, high in pairwise(ends))
        return list(enumerate(spans, start=1))
