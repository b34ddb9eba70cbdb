"""The combined forecast of fitted models: weighted, with one calibration factor, and joint draws."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.special import stdtrit

from forecast.base.arrays import Flags, Floats
from forecast.base.errors import ForecastError
from forecast.model.calibrate import Calibration, PastCoverage
from forecast.model.combine import combine
from forecast.model.contract import TAIL_DF, Fitted, Outlook, horizon_of, in_points
from forecast.model.effects import Effects, WithCovariates
from forecast.model.link import Link
from forecast.model.panel import Panel
from forecast.model.state_space import FittedPanel

ENSEMBLE: Final = "ensemble"


@dataclass(frozen=True, slots=True, eq=False)
class FittedEnsemble:
    """Fitted models, how they are combined, and what was refused; see `Fitted`."""

    panel: Panel
    link: Link
    fits: Mapping[str, Fitted]  # every model that could be fitted, members of the combination or not
    refused: Mapping[str, ForecastError]  # why the others could not
    weights: Mapping[str, float]  # of the members, adding up to 1
    calibration: Calibration  # factor on the spread, by horizon
    judged: int  # years of the panel's past that weights and factor were learnt from
    notes: tuple[str, ...]
    # how often the ranges, as they are given now, would have held in these years
    past: PastCoverage | None = None
    name: str = field(default=ENSEMBLE)
    effects: Effects | None = None  # of covariates, where there are any

    def outlook(self, target_year: int) -> Outlook:
        """Predictive distributions of `target_year` on the link scale."""
        horizon = horizon_of(target_year, self.panel.origin)
        outlooks = [self.fits[name].outlook(target_year) for name in self.weights]
        combined = combine(outlooks, np.array(list(self.weights.values())))
        return Outlook(combined.place, combined.spread * self.calibration.at(horizon))

    def quantiles(self, target_year: int, levels: Sequence[float]) -> Floats:
        """Quantiles in points, shape (A, C, Q)."""
        return in_points(self.link, self.outlook(target_year), levels)

    @property
    def together(self) -> Flags:
        """Components whose common moves `draws` knows of, shape (C,)."""
        common = self._common
        return common.suited if common else np.zeros(len(self.panel.components), dtype=bool)

    @property
    def _common(self) -> FittedPanel | None:
        """The panel model, which knows what moves together."""
        fit = self.fits.get("panel_ssm")
        bare = fit.rest if isinstance(fit, WithCovariates) else fit
        return bare if isinstance(bare, FittedPanel) else None

    def draws(self, target_year: int, n: int, rng: np.random.Generator) -> Floats:
        """Joint draws in points, shape (n, A, C), whose margins are the combined forecast's.

        Which draws are high together is taken from the panel model's draws, by their ranks
        (Schefzik, Thorarinsdottir and Gneiting, 2013); cells that it cannot speak of are drawn
        independently.
        """
        outlook = self.outlook(target_year)
        template = rng.standard_normal((n, *outlook.place.shape))
        if self._common:
            joint = self._common.link_draws(target_year, n, rng)
            template = np.where(np.isnan(joint), template, joint)
        rank = np.argsort(np.argsort(template, axis=0, kind="stable"), axis=0)
        tails = stdtrit(TAIL_DF, (np.arange(n) + 0.5) / n)
        x = outlook.place + outlook.spread * tails[rank]
        return np.moveaxis(self.link.inverse(np.moveaxis(x, 0, 2)), 2, 0)
