"""The combined forecast: weighted models, one calibration factor, and joint draws."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.special import stdtrit

from forecast.base.arrays import Flags, Floats
from forecast.base.errors import ForecastError, TooFewYearsError
from forecast.model.baselines import Drift, LastValue
from forecast.model.calibrate import (
    NOTHING_LEARNT,
    Calibration,
    PastCoverage,
    learn_calibration,
    past_coverage,
)
from forecast.model.combine import combine, equal_weights, learn_weights, rolling
from forecast.model.contract import TAIL_DF, Fitted, History, Model, Outlook, horizon_of, in_points
from forecast.model.covariates import Covariates
from forecast.model.effects import Effects, WithCovariates, learn_effects
from forecast.model.joined import FittedWithSums, join
from forecast.model.link import Link
from forecast.model.panel import Panel
from forecast.model.ridge import Ridge
from forecast.model.state_space import FittedPanel, PanelStateSpace
from forecast.model.sums import find_sums
from forecast.model.trend import DampedTrend, LocalLevel, Theta

ENSEMBLE: Final = "ensemble"
MODELS: Final[tuple[Model, ...]] = (
    LastValue(),
    Drift(),
    LocalLevel(),
    DampedTrend(),
    Theta(),
    PanelStateSpace(),
    Ridge(),
)
# Last value and local level are shown and scored beside the others, but do not enter the combination:
# they have no trend and no common level, and the others hold what they can add.
MEMBERS: Final = ("drift", "damped_trend", "theta", "panel_ssm", "ridge")


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


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Recipe of the combined forecast.

    `models`: models to fit; those named in `members` are combined (all of them if none is); `reach`: years
    ahead that weights and calibration are learnt for; `covariates`: figures beside the scores, of the panel's
    areas and from its first year on.
    """

    models: tuple[Model, ...] = MODELS
    members: tuple[str, ...] = MEMBERS
    reach: int = 1
    name: str = ENSEMBLE
    covariates: Covariates | None = None

    def fit(self, panel: Panel) -> FittedEnsemble | FittedWithSums:
        """Fit every model, judge the members on the panel's own past, and combine them.

        Sums among the components are worked out from their parts (`forecast.model.joined`).

        Raises TooFewYearsError if no model can be fitted; models that cannot are listed in `refused`.
        """
        sums = find_sums(panel)
        if not sums:
            return self._fit(panel)
        places = [total.component for total in sums]
        parts = [c for c in range(len(panel.components)) if c not in places]
        try:
            of_sums = self._fit(panel.only(places))
        except TooFewYearsError:  # sums that are new: nothing is known of their own past
            return self._fit(panel)
        return join(self._fit(panel.only(parts)), of_sums, panel, sums)

    def _fit(self, panel: Panel) -> FittedEnsemble:
        fits: dict[str, Fitted] = {}
        refused: dict[str, ForecastError] = {}
        effects = learn_effects(panel, self.covariates) if self.covariates else None
        rest = effects.rest if effects else panel
        for model in self.models:
            try:
                fit = model.fit(rest)
                fits[model.name] = effects.added_to(fit) if effects else fit
            except ForecastError as error:
                refused[model.name] = error
        if not fits:
            raise TooFewYearsError("error.no_model", {"models": ", ".join(refused)})
        able = [m for m in self.models if m.name in fits]
        chosen = [m for m in able if m.name in self.members] or able
        trials = rolling(panel, chosen, self.reach, self.covariates)
        if trials:
            weights = learn_weights(trials)
            calibration = learn_calibration(trials, weights)
        else:
            weights, calibration = equal_weights(np.ones(len(chosen), dtype=bool)), NOTHING_LEARNT
        if not weights.any():  # nothing to judge by: the chosen models were silent in the past
            weights = equal_weights(np.ones(len(chosen), dtype=bool))
        notes = [key for fit_of_model in fits.values() for key in fit_of_model.notes]
        return FittedEnsemble(
            panel=panel,
            link=History.of(panel).link,
            fits=fits,
            refused=refused,
            weights={m.name: float(w) for m, w in zip(chosen, weights, strict=True)},
            calibration=calibration,
            judged=len({t.target_year for t in trials}),
            past=past_coverage(trials, weights, calibration),
            notes=tuple(dict.fromkeys([*notes, *([] if trials else ["note.uncalibrated"])])),
            name=self.name,
            effects=effects,
        )
