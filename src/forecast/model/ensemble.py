"""Fit models, and learn from the past how to combine them and how wide their ranges must be."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from forecast.base.errors import ForecastError, TooFewYearsError
from forecast.model.baselines import Drift, LastValue
from forecast.model.calibrate import (
    NOTHING_LEARNT,
    learn_calibration,
    past_coverage,
)
from forecast.model.combine import equal_weights, learn_weights, rolling
from forecast.model.contract import Fitted, History, Model
from forecast.model.covariates import Covariates
from forecast.model.effects import learn_effects
from forecast.model.fitted_ensemble import ENSEMBLE, FittedEnsemble
from forecast.model.joined import FittedWithSums, join
from forecast.model.panel import Panel
from forecast.model.ridge import Ridge
from forecast.model.state_space import PanelStateSpace
from forecast.model.sums import find_sums
from forecast.model.trend import DampedTrend, LocalLevel, Theta

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
