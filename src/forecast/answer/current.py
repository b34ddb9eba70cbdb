"""What current indicators move: this year's figure against the usual one, and its effect in points.

Effects are learnt inside the evidence model, over all provinces, years and domains at once
(`model.cell_effects`); here they are read off the forecast's own draws for one area.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from forecast.answer.findings import phrase
from forecast.answer.indicators import TAIL_80, comparison, component_of, expert_effects, figures_at, name_of
from forecast.answer.panel_forecast import Posterior
from forecast.answer.scorecard.elasticity import Elasticity, elasticity
from forecast.base.arrays import Floats
from forecast.base.spec import RunSpec
from forecast.data.load import Known
from forecast.model.cell_effects import NO_EFFECT
from forecast.model.scheme import leaf_weights
from forecast.model.simulate import ENDS, stream

COLUMNS: Final = (
    *("code", "name_vi", "name_en", "component", "unit", "period", "last_day", "value", "last_year", "usual"),
    *("newest", "newest_period", "compared", "effect", "lower", "upper"),
    *("per_unit", "per_unit_lower", "per_unit_upper"),
    *("area_years", "by", "stated_by", "said_lower", "said_upper", "reason"),
)
SUPPORTED, UNSUPPORTED, EXPERT, NOT_JUDGED, RULE = "figures", "none", "expert", "not_judged", "rule"
EDGE: Final = 1e-6  # of a share: draws at the bounds have no logit


@dataclass(frozen=True, slots=True, eq=False)
class IndicatorEffect:
    """What one indicator is worth to one area in the target year."""

    # code, component: the component is one of the index: that of a criterion is its domain
    code: str
    component: str
    # (n,): points of the component in each draw that this year's distance from the usual figure moves
    moved: Floats
    since_last: Floats  # (n,): points of it in each draw that the indicator's change since last year moves
    per_unit: Floats  # (n,): points in each draw for one more unit of the indicator
    # what it rests on: 'figures', 'expert', 'none' where figures do not support any effect, 'not_judged'
    # where no figure could; in tables also 'rule' where a criterion's rule stands for it
    by: str


def indicator_effects(post: Posterior, spec: RunSpec) -> dict[str, IndicatorEffect]:
    """Read the effects on one area's target year off the forecast's draws, by indicator.

    An indicator that the model could not judge (too few years, or the same figure in all) is left out.
    """
    fitted, subject, lattice = post.fitted, post.subject, post.fitted.lattice
    place, year = subject.areas.index(spec.area), spec.target_year
    mean, sd = fitted.national_effects()
    rng, effects = stream(spec.seed, "indicators"), {}
    for k, code in enumerate(fitted.effects.names):
        own = post.effect_draws[:, k]
        national = mean[k] + sd[k] * rng.standard_normal(len(own))
        component = component_of(fitted.effects.components[k])
        moved, since_last, per_unit = np.zeros((3, len(own)))
        for leaf in leaf_weights(subject, component, year):
            cells = [lattice.cell(leaf, cell_year) for cell_year in (year, year - 1)]
            share = np.clip(post.target.shares[:, place, lattice.components.index(leaf)], EDGE, 1 - EDGE)
            maximum = subject.schemes[year].maxima[leaf]
            now, before = (
                fitted.effects.design[place, cell, k] * own + fitted.effects.national[cell, k] * national
                for cell in cells
            )
            moved += maximum * (share - expit(logit(share) - now))
            since_last += maximum * (share - expit(logit(share) - now + before))
            per_unit += maximum * share * (1 - share) * own / fitted.effects.scale[k]
        effects[code] = IndicatorEffect(code, component, moved, since_last, per_unit, _source(post, k))
    return effects


def _source(post: Posterior, k: int) -> str:
    effects, variances = post.fitted.effects, post.fitted.variances
    if effects.by_expert[k]:
        return EXPERT
    own, national = effects.sd(variances, np.ones(len(effects.names)))
    if max(own[k], national[k]) > 2 * NO_EFFECT:
        return SUPPORTED
    return UNSUPPORTED if _rests_on(post, effects.names[k]) else NOT_JUDGED


def _rests_on(post: Posterior, code: str) -> int:
    """How many past years of provinces (years, for a figure of the country) have figure and score."""
    covariates, statements, lattice = post.covariates, post.fitted.statements, post.fitted.lattice
    if code not in covariates.names:
        return 0
    component = component_of(covariates.components[covariates.names.index(code)])
    if component not in post.subject.schemes[lattice.years[-1]].maxima:
        return 0
    values = covariates.values[:, :, covariates.names.index(code)]
    rows, columns = np.nonzero(~np.isnan(values))
    pairs = {(covariates.areas[p], covariates.years[t]) for p, t in zip(rows, columns, strict=True)}
    pairs &= statements.scored(lattice, tuple(leaf_weights(post.subject, component, lattice.years[-1])))
    national = len(values) > 1 and not np.nan_to_num(np.ptp(values, axis=0)).any()
    return len({year for _, year in pairs}) if national else len(pairs)


def indicator_table(
    known: Known, post: Posterior, spec: RunSpec, scored_by_rule: Collection[str] = ()
) -> pd.DataFrame:
    """Set out every indicator of the area that has a figure of the target year.

    `scored_by_rule`: indicators by which a criterion's rule scores: they move nothing beside it. Gives
    `COLUMNS`: value, last_year and usual (mean of earlier years) in the indicator's unit, on the same day of
    each year; the newest figure if it is a later one that cannot be compared yet; effect of this year's
    figure with its 80 percent range, and of one more unit, in points of the component; on how many years of
    provinces with both figure and score it rests; who said what it is worth, and the 80 percent range that
    they gave to one more unit, as they gave it; phrases that say how figures are compared, and why an effect
    is nothing.
    """
    figures, effects = figures_at(known, spec.target_year, spec.as_of), indicator_effects(post, spec)
    ranges = expert_effects(known.elasticities, post.covariates)
    expert_ranges = dict(zip(post.covariates.names, zip(*ranges, strict=True), strict=True))
    units = dict(zip(known.indicator_types["indicator_code"], known.indicator_types["unit"], strict=True))
    figures_of_area = figures[(figures["area"] == spec.area) & figures["component"].ne("")]
    rows = []
    for code, own in figures_of_area.groupby("indicator", sort=True):
        now = own[own["year"] == spec.target_year]
        if now.empty:
            continue
        latest, earlier = now.iloc[0], own[own["year"] < spec.target_year]
        before = earlier.loc[earlier["year"] == spec.target_year - 1, "value"]
        effect = effects.get(str(code))
        if effect is not None and code in scored_by_rule:
            effect = replace(effect, moved=np.zeros(1), per_unit=np.zeros(1), by=RULE)
        drawn = effect if effect and effect.by != NOT_JUDGED else None
        rows.append(
            {
                "code": code,
                "name_vi": name_of(known, str(code), "vi"),
                "name_en": name_of(known, str(code), "en"),
                "component": component_of(str(latest["component"])),
                "unit": units[str(code)],
                "period": str(latest["period"]),
                "last_day": latest["last_day"],
                "value": float(latest["value"]),
                "last_year": float(before.iloc[0]) if len(before) else np.nan,
                "usual": float(earlier["value"].mean()) if len(earlier) else np.nan,
                **_newest(known, spec, str(code), latest["last_day"]),
                "compared": comparison(known, str(code)),
                **_ends("", drawn.moved if drawn else None),
                **_ends("per_unit", drawn.per_unit if drawn else None),
                "area_years": _rests_on(post, str(code)),
                "by": effect.by if effect else NOT_JUDGED,
                "stated_by": "; ".join(_experts(known, str(code))),
                **_expert_range(*expert_ranges.get(str(code), (np.nan, np.nan))),
                "reason": _reason(effect, len(earlier), _experts(known, str(code))),
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _newest(known: Known, spec: RunSpec, code: str, after: pd.Timestamp) -> dict[str, Any]:
    """The newest figure of the year where it is newer than the one that can be compared with other years."""
    rows = known.indicators
    later = rows[(rows["indicator_code"] == code) & (rows["area"] == spec.area) & (rows["last_day"] > after)]
    later = later[later["first_day"].dt.year == spec.target_year].sort_values("last_day", kind="stable")
    if later.empty:
        return {"newest": np.nan, "newest_period": ""}
    return {"newest": float(later["value"].iloc[-1]), "newest_period": str(later["period"].iloc[-1])}


def _ends(name: str, drawn: Floats | None) -> dict[str, float]:
    low, middle, high = [np.nan] * 3 if drawn is None else np.quantile(drawn, ENDS).round(4).tolist()
    if not name:
        return {"effect": middle, "lower": low, "upper": high}
    return {name: middle, f"{name}_lower": low, f"{name}_upper": high}


def _expert_range(mean: float, sd: float) -> dict[str, float]:
    return {"said_lower": mean - TAIL_80 * sd, "said_upper": mean + TAIL_80 * sd}


def _experts(known: Known, code: str) -> list[str]:
    """Who has said what an indicator is worth."""
    elasticities = known.elasticities
    return list(
        dict.fromkeys(elasticities.loc[elasticities["indicator_code"] == code, "stated_by"].astype(str))
    )


def _reason(effect: IndicatorEffect | None, earlier: int, experts: Sequence[str]) -> str:
    if effect is None:
        if experts:
            return phrase("indicators.not_judged_expert")
        return (
            phrase("indicators.not_judged", years=earlier) if earlier else phrase("indicators.not_judged_new")
        )
    if effect.by == NOT_JUDGED:
        return phrase("indicators.not_judged_scores")
    if experts and effect.by != EXPERT:
        return phrase("indicators.too_strong")
    return phrase(f"indicators.by_{effect.by}")


def elasticities(known: Known, post: Posterior, spec: RunSpec) -> dict[str, Elasticity]:
    """Give what each indicator of the year is worth in a scenario, or why it moves nothing."""
    covariates, effects = post.covariates, indicator_effects(post, spec)
    place, last = covariates.areas.index(spec.area), covariates.years.index(spec.target_year)
    worth = {}
    for code, name, values in zip(
        covariates.names, covariates.components, covariates.values[place].T, strict=True
    ):
        effect = effects.get(code)
        if effect is None and np.isnan(values[last]):
            continue
        earlier = int((~np.isnan(np.delete(values, last))).sum())
        supported = effect is not None and effect.by not in (UNSUPPORTED, NOT_JUDGED)
        none = np.zeros(len(post.effect_draws))
        per_unit, since_last = (effect.per_unit, effect.since_last) if effect else (none, none)
        reason = "" if supported else _reason(effect, earlier, _experts(known, code))
        effect_of_unit = (component_of(name), per_unit, since_last)
        worth[code] = elasticity(known, spec, code, float(values[last]), effect_of_unit, reason)
    return worth
