"""How optimistic self-scores are: learnt per domain from the past, with shrinkage as that is short."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from forecast.base.arrays import Floats
from forecast.base.indexes import MAIN
from forecast.base.labels import Phrase
from forecast.data.framework import PART_PREFIX, TOTAL, is_criterion

_MEAN_SCALE: Final = 0.05  # what the overall bias may be before anything is seen, in share of the maximum
_BETWEEN_SCALE: Final = 0.03  # how much domains may differ
_WITHIN_SCALE: Final = 0.05  # how much years of one domain may differ
_GRID: Final = np.geomspace(0.0005, 0.5, 60)  # spreads over which the unknown variances are integrated
_Z: Final = 1.2815515655446004  # standard deviations from the median to the 90 percent point


@dataclass(frozen=True, slots=True)
class DomainBias:
    """What is learnt of one domain: appraised less self-score, in share of the maximum."""

    mean: float
    error: float
    count: int


@dataclass(frozen=True, slots=True)
class Bias:
    """The learnt bias of an area's self-scores."""

    # domains with observations of the area itself
    domains: Mapping[str, DomainBias] = field(default_factory=dict)
    # what is assumed of any other domain; its count is that of all observations, of all areas
    overall: DomainBias = DomainBias(0.0, 0.0, 0)

    @property
    def known(self) -> bool:
        """Whether there was anything to learn from; if not, nothing is corrected."""
        return self.overall.count > 0

    def of(self, domain: str) -> DomainBias:
        """Give a domain's bias: its own, or the overall one with the spread between domains."""
        return self.domains.get(domain, self.overall)

    def reason(self, domain: str) -> Phrase:
        """Say where the bias of a domain comes from."""
        if not self.known:
            return Phrase("bias.none")
        if domain in self.domains:
            return Phrase("bias.own", {"count": self.domains[domain].count})
        return Phrase("bias.others", {"count": self.overall.count})

    def correct(
        self, low: float, likely: float, high: float, domain: str, maximum: float
    ) -> tuple[float, float, float]:
        """Take the bias out of three figures: points in order and within [0, maximum], before and after.

        All three move by the mean; low and high move away by what is not known of it, as independent errors
        add.  Where nothing is known they stay as given.
        """
        bias = self.of(domain)
        centre = likely + bias.mean * maximum
        doubt = _Z * bias.error * maximum
        ends = (
            centre - float(np.hypot(likely - low, doubt)),
            centre,
            centre + float(np.hypot(high - likely, doubt)),
        )
        if not self.known:
            ends = (low, likely, high)
        lower, middle, upper = (min(max(end, 0.0), maximum) for end in ends)
        return lower, middle, upper


def domain_of(component: str) -> str:
    """Give the domain of a component by its code.

    >>> domain_of("3.1.2"), domain_of("D8.sipas"), domain_of("D2")
    ('D3', 'D8', 'D2')
    """
    first = component.split(".", maxsplit=1)[0]
    return f"D{first}" if is_criterion(component) and first.isdigit() else first


def learn(
    self_scores: pd.DataFrame,
    area: str,
    before_year: int,
    *,
    scores: pd.DataFrame | None = None,
    maxima: Mapping[str, float] | None = None,
) -> Bias:
    """Learn the bias of self-scores, domain by domain; without observations it corrects nothing.

    An observation is one area, year and domain: the row of the domain itself, or else the sum of its
    criteria.  Three normal levels: years vary about the bias of their area's domain, these about an overall
    mean, and this about 0, that is no bias.  So a domain with few years is drawn to the mean of all, and a
    mean of little evidence to no correction.  The two unknown variances have half-normal priors and are
    integrated over a grid, which stays sober with one observation.

    The area's own rows speak of its domains, other areas' of the overall mean and the variances; rows of
    `before_year` and later do not count.  Published `scores` with ``share`` (see ``framework.with_share``)
    stand in for a missing appraised score, `maxima` where a row has no maximum.
    """
    observed = _observations(self_scores.loc[self_scores["year"] < before_year], scores, maxima or {})
    if observed.empty:
        return Bias()
    groups = observed.groupby(["area", "domain"])["share"]
    count = np.asarray(groups.size(), dtype=float)
    mean = np.asarray(groups.mean(), dtype=float)
    scatter = np.asarray(groups.var(ddof=0), dtype=float) * count
    between, within, weight = _variances(count, mean, scatter)
    centre, precision = _overall(count, mean, between, within)
    overall = _mixed(weight, centre, between + 1 / precision, int(count.sum()))
    domains = {}
    keys = groups.size().reset_index()
    for place, (where, domain) in enumerate(zip(keys["area"], keys["domain"], strict=True)):
        if where == area and domain != TOTAL:
            noise = within / count[place]
            own = between / (between + noise)
            theta = own * mean[place] + (1 - own) * centre
            variance = own * noise + (1 - own) ** 2 / precision
            domains[str(domain)] = _mixed(weight, theta, variance, int(count[place]))
    return Bias(domains, overall)


def _observations(
    rows: pd.DataFrame, scores: pd.DataFrame | None, maxima: Mapping[str, float]
) -> pd.DataFrame:
    """Give area, year, domain, share: appraised less self-score over the maximum."""
    rows = rows.loc[~rows["component"].str.startswith(PART_PREFIX)]  # parts cut across the domains
    maximum = rows["max_score"].fillna(rows["component"].map(maxima).astype(float))
    frame = rows.assign(maximum=maximum, domain=rows["component"].map(domain_of))
    appraised = frame["appraised_score"]
    if scores is not None and len(frame):
        appraised = appraised.fillna(_published(frame, scores) * maximum)
    frame = frame.assign(lost=appraised - frame["self_score"])
    frame = frame.loc[frame["lost"].notna() & (frame["maximum"] > 0)]
    whole = frame["component"] == frame["domain"]
    rows_used = frame.loc[whole | ~_is_in(frame, frame.loc[whole], ["area", "year", "domain"])]
    sums = rows_used.groupby(["area", "year", "domain"], as_index=False)[["lost", "maximum"]].sum()
    finer = sums.loc[sums["domain"] != TOTAL]
    sums = sums.loc[(sums["domain"] != TOTAL) | ~_is_in(sums, finer, ["area", "year"])]
    return sums.assign(share=sums["lost"] / sums["maximum"])


def _is_in(frame: pd.DataFrame, others: pd.DataFrame, key: list[str]) -> pd.Series[bool]:
    """Mark the rows whose key is among the others'."""
    known = set(others[key].itertuples(index=False, name=None))
    marks = [row in known for row in frame[key].itertuples(index=False, name=None)]
    return pd.Series(marks, index=frame.index, dtype=bool)


def _published(frame: pd.DataFrame, scores: pd.DataFrame) -> pd.Series[float]:
    key = ["area", "year", "component"]
    published = scores.loc[(scores["index_code"] == MAIN) & (scores["statistic"] == "value"), [*key, "share"]]
    share = frame[key].merge(published.drop_duplicates(key), on=key, how="left")["share"]
    return share.set_axis(frame.index)


def _overall(count: Floats, mean: Floats, between: Floats, within: Floats) -> tuple[Floats, Floats]:
    """Give the overall mean and its precision for each pair of variances, shape (pairs,)."""
    weights = 1 / (between + within / count[:, None])
    precision = 1 / _MEAN_SCALE**2 + weights.sum(axis=0)
    return (weights * mean[:, None]).sum(axis=0) / precision, precision


def _variances(count: Floats, mean: Floats, scatter: Floats) -> tuple[Floats, Floats, Floats]:
    """Give pairs of variances and how likely each is, the overall mean being integrated out."""
    tau, sigma = (axis.ravel() for axis in np.meshgrid(_GRID, _GRID))
    between, within = tau**2, sigma**2
    centre, precision = _overall(count, mean, between, within)
    spread = between + within / count[:, None]
    fit = -0.5 * (np.log(spread) + mean[:, None] ** 2 / spread).sum(axis=0)
    fit += 0.5 * precision * centre**2 - 0.5 * np.log(precision)
    fit += -(count - 1).sum() * np.log(sigma) - 0.5 * scatter.sum() / within
    prior = -0.5 * (tau / _BETWEEN_SCALE) ** 2 - 0.5 * (sigma / _WITHIN_SCALE) ** 2
    log = fit + prior + np.log(tau) + np.log(sigma)  # the grid is even in the logarithm
    weight = np.exp(log - log.max())
    return between, within, weight / weight.sum()


def _mixed(weight: Floats, mean: Floats, variance: Floats, count: int) -> DomainBias:
    """Average over the pairs of variances: mean of means, and the variance about it."""
    middle = float(weight @ mean)
    return DomainBias(middle, float(np.sqrt(weight @ (variance + (mean - middle) ** 2))), count)
