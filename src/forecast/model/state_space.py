"""The engine's panel model: common levels that move each year, and areas that keep their distance from them.

On the link scale a score is ``level[component, year] + deviation[area, component, year]``.  Levels:
`forecast.model.levels`.  Deviations, all components at once: `forecast.model.deviations`, after
division by the year's spread of the areas, which changes over the years.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from forecast.base.arrays import Flags, Floats
from forecast.base.errors import ForecastError
from forecast.model.contract import History, Outlook, horizon_of, in_points, need_years, outlook
from forecast.model.deviations import Structure, learn, predict, window
from forecast.model.levels import Levels, fit_levels, known_breaks
from forecast.model.link import SMALLEST_SPREAD, Link
from forecast.model.panel import Panel

OWN_YEAR: Final = 1.0  # how far a year's spread is believed where very many areas tell of it
AREAS: Final = 8.0  # areas that halve that belief
LEVEL_DF: Final = 4.0  # tails of the joint draws: common moves,
AREA_DF: Final = 7.0  # and an area's own moves


@dataclass(frozen=True, slots=True, eq=False)
class FittedPanel:
    """A fitted panel model; see `Fitted`."""

    name: str
    link: Link
    origin: int
    suited: Flags  # (C,): components the model speaks of; the arrays below hold only these
    deviations: Floats
    spread: Floats  # (C',): what one unit of a deviation is on the link scale
    structure: Structure | None
    levels: Levels
    notes: tuple[str, ...]
    # Deviations by target year: the model's own forecast and the combined one ask for the same.
    _remembered: dict[int, tuple[Floats, Floats]] = field(default_factory=dict, repr=False)

    def outlook(self, target_year: int) -> Outlook:
        """Predictive distributions of `target_year` on the link scale."""
        mean, covariance = self._areas(target_year)
        ahead = self.levels.ahead(target_year)
        variance = np.einsum("acc->ac", covariance) + ahead.variance
        shape = (len(mean), len(self.suited))
        place, square = np.full(shape, np.nan), np.full(shape, np.nan)
        place[:, self.suited] = mean + ahead.place
        square[:, self.suited] = variance
        return outlook(place, square)

    def quantiles(self, target_year: int, levels: Sequence[float]) -> Floats:
        """Quantiles in points, shape (A, C, Q)."""
        return in_points(self.link, self.outlook(target_year), levels)

    def draws(self, target_year: int, n: int, rng: np.random.Generator) -> Floats:
        """Joint draws of all areas and components in points, shape (n, A, C).

        Components move together through the common levels and through each area's own deviations.
        """
        x = self.link_draws(target_year, n, rng)
        return np.moveaxis(self.link.inverse(np.moveaxis(x, 0, 2)), 2, 0)

    def link_draws(self, target_year: int, n: int, rng: np.random.Generator) -> Floats:
        """Joint draws on the link scale, shape (n, A, C); NaN for components it cannot speak of."""
        mean, covariance = self._areas(target_year)
        ahead = self.levels.ahead(target_year)
        areas, components = mean.shape
        common = rng.standard_normal((n, components)) @ np.linalg.cholesky(self.levels.correlation).T
        common *= np.sqrt(LEVEL_DF / rng.chisquare(LEVEL_DF, (n, 1))) * np.sqrt(ahead.variance)
        root = _roots(covariance)
        out = np.full((n, areas, len(self.suited)), np.nan)
        places = np.flatnonzero(self.suited)
        for i in range(areas):
            own = rng.standard_normal((n, components)) @ root[i].T
            own *= np.sqrt(AREA_DF / rng.chisquare(AREA_DF, (n, 1)))
            out[:, i, places] = mean[i] + ahead.place + own + common
        return out

    def _areas(self, target_year: int) -> tuple[Floats, Floats]:
        """Mean (A, C') and covariance (A, C', C') of the deviations on the link scale."""
        horizon = horizon_of(target_year, self.origin)
        if self.structure is None:
            return np.zeros(self.deviations.shape[:2]), np.zeros(
                (*self.deviations.shape[:2], len(self.spread))
            )
        if target_year not in self._remembered:
            broken = sum(1 for b in self.levels.breaks if self.origin < b <= target_year)
            mean, covariance = predict(self.deviations, self.structure, horizon, broken=broken)
            scaled = mean * self.spread, covariance * np.outer(self.spread, self.spread)
            self._remembered[target_year] = scaled
        return self._remembered[target_year]


@dataclass(frozen=True, slots=True)
class PanelStateSpace:
    """Recipe of the panel model; one area alone has a level and no deviations."""

    name: str = "panel_ssm"

    def fit(self, panel: Panel) -> FittedPanel:
        """See `Model.fit`; areas on scales of their own are refused, as they share no level."""
        need_years(panel, self.name, 3)
        past = History.of(panel)
        suited = ~past.link.alone & (~np.isnan(past.x)).any(axis=(0, 2))
        if not suited.any():
            raise ForecastError("error.unsuited", {"model": self.name})
        recent = panel.tail(window(int(suited.sum()), past.x.shape[2]))
        x = past.x[:, suited, -len(recent.years) :]
        if len(x) == 1:
            deviations, structure, size = np.zeros_like(x), None, np.ones(x.shape[1:])
            level = x[0]
        else:
            deviations, centre, size = standardised(x)
            structure = learn(deviations, known_breaks(recent))
            level = centre + structure.level * size
        return FittedPanel(
            name=self.name,
            link=past.link,
            origin=panel.origin,
            suited=suited,
            deviations=deviations,
            spread=size[:, -1],
            structure=structure,
            levels=fit_levels(level, recent, usual_move(x)),
            notes=("note.one_area",) if len(x) == 1 else (),
        )


def standardised(x: Floats) -> tuple[Floats, Floats, Floats]:
    """Split (A, C, T) into deviations / spread, the year's mean and its spread, shape (C, T).

    A year's own spread of the areas counts the more, the more areas it has; the rest is the
    component's usual spread, and that of all components where it has none.
    """
    known = ~np.isnan(x)
    count = known.sum(axis=0)
    centre = np.nansum(x, axis=0) / np.maximum(count, 1)
    variance = np.nansum((x - centre) ** 2, axis=0) / np.maximum(count - 1, 1)
    enough = (count > 1) & (variance > SMALLEST_SPREAD**2)
    logs = np.where(enough, np.log(np.where(enough, variance, 1.0)), 0.0)
    overall = logs.sum() / enough.sum() if enough.any() else 2 * np.log(SMALLEST_SPREAD)
    usual = np.where(enough.any(axis=1), logs.sum(axis=1) / np.maximum(enough.sum(axis=1), 1), overall)
    belief = np.where(enough, OWN_YEAR * count / (count + AREAS), 0.0)
    size = np.exp((usual[:, None] + belief * (logs - usual[:, None])) / 2)
    return (x - centre) / size, np.where(count > 0, centre, np.nan), size


def usual_move(x: Floats) -> float:
    """Root mean square of all yearly changes of all cells, never 0."""
    steps = np.diff(x, axis=2)
    size = float(np.sqrt(np.nanmean(steps**2))) if np.isfinite(steps).any() else 0.0
    return max(size, SMALLEST_SPREAD)


def _roots(covariance: Floats) -> Floats:
    """Square roots R of covariances, R R' = covariance; areas with the same one share the work."""
    unique, place = np.unique(covariance, axis=0, return_inverse=True)
    values, vectors = np.linalg.eigh(unique)
    roots = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
    return np.asarray(roots[place.ravel()])
