"""Laws of the whole path from published rows to draws: order means nothing, and a figure more only helps."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from forecast.answer import panel_forecast
from forecast.answer.panel_forecast import Posterior
from forecast.base.spec import RunSpec
from forecast.data.load import Known

CITY = "TP. Hồ Chí Minh"
SPEC = RunSpec(index_code="PAR", area=CITY, target_year=2024, as_of=dt.date(2024, 10, 20), draws=2000)


def posterior(known: Known) -> Posterior:
    """What is held of all provinces in 2023 and 2024, with the same source of chance each time."""
    return panel_forecast.posterior(known, SPEC, np.random.default_rng(7))


@pytest.fixture(scope="module")
def usual(known: Known) -> Posterior:
    """With the project's own figures."""
    return posterior(known)


def of_cell(post: Posterior, component: str, area: str = CITY, *, last: bool = False) -> np.ndarray:
    """Draws of a share of one area."""
    draws = post.last if last else post.target
    return draws.share(component)[:, post.subject.areas.index(area)]


def width(post: Posterior, component: str) -> float:
    """Width of the 80 percent range of the city's share, on the logit scale."""
    low, high = np.quantile(of_cell(post, component), [0.1, 0.9])
    return float(logit(high) - logit(low))


def with_score(known: Known, component: str, share: float, trust: str = "official") -> Known:
    """One score of the city more, of 2023, in percent."""
    like = known.scores[
        (known.scores["area"] == CITY) & (known.scores["year"] == 2023) & (known.scores["component"] == "D3")
    ]
    row = like.assign(component=component, score=100 * share, unit="percent", rank=np.nan, trust=trust)
    return replace(known, scores=pd.concat([known.scores, row], ignore_index=True))


def test_the_order_of_areas_and_frameworks_changes_no_byte(known, usual):
    """Rows of areas.csv and frameworks.csv in reverse: the same draws."""
    turned = replace(
        known,
        areas=known.areas.iloc[::-1].reset_index(drop=True),
        frameworks=known.frameworks.iloc[::-1].reset_index(drop=True),
    )
    other = posterior(turned)
    assert other.subject.areas == usual.subject.areas
    assert other.subject.components == usual.subject.components
    np.testing.assert_array_equal(other.target.shares, usual.target.shares)


@pytest.mark.parametrize(("component", "place"), [("D1", 0.2), ("D5", 0.5), ("D7", 0.8)])
def test_a_figure_more_narrows_its_own_domain(known, usual, component, place):
    """A score of last year that was to be expected, high or low: the domain's next year is surer for it."""
    share = float(np.quantile(of_cell(usual, component, last=True), place))
    assert width(posterior(with_score(known, component, share)), component) < 1.02 * width(usual, component)


def test_a_surer_source_never_widens_the_range(known):
    """The same figure from an official source instead of a copy, or derived from a change."""
    widths = [
        width(posterior(with_score(known, "D1", 0.9, trust)), "D1")
        for trust in ("derived", "copy", "official")
    ]
    assert widths[1] < 1.02 * widths[0]
    assert widths[2] < 1.02 * widths[1]


def test_a_domains_own_last_score_moves_its_next_median_by_a_fair_share(known, usual):
    """Half a point more in D3 of 2023 is worth between a quarter and nearly all of it a year later."""
    own = (
        (known.scores["area"] == CITY) & (known.scores["year"] == 2023) & (known.scores["component"] == "D3")
    )
    more = known.scores.assign(
        score=known.scores["score"].where(~own, known.scores["score"] + 100 * 0.5 / 13)
    )
    moved = np.median(of_cell(posterior(replace(known, scores=more)), "D3")) - np.median(of_cell(usual, "D3"))
    assert 0.25 < 13 * moved / 0.5 < 0.95


def test_published_figures_of_last_year_hold_in_its_draws(known, usual):
    """The city's total and rank, other provinces' ranks, the national mean and the extremes of 2023."""
    total = 100 * usual.last.share("total")
    place = usual.subject.areas.index(CITY)
    rows = known.scores[
        (known.scores["index_code"] == "PAR")
        & (known.scores["component"] == "total")
        & (known.scores["year"] == 2023)
    ]
    ranked = rows[(rows["statistic"] == "value") & rows["rank"].notna()]
    ranks = (-total).argsort(axis=1).argsort(axis=1) + 1
    off = [
        abs(np.median(ranks[:, usual.subject.areas.index(area)]) - rank)
        for area, rank in zip(ranked["area"], ranked["rank"], strict=True)
    ]
    assert max(off) <= 1  # two provinces within a hundredth of a point may change places
    assert np.mean(off) < 0.5
    assert np.quantile(np.abs(total[:, place] - 86.97), 0.95) < 0.05
    mean = float(rows.loc[(rows["statistic"] == "mean") & (rows["area"] == "Việt Nam"), "score"].iloc[0])
    assert np.quantile(np.abs(total.mean(axis=1) - mean), 0.9) < 0.25
    assert np.median(total.max(axis=1)) == pytest.approx(92.18, abs=0.05)
    assert np.median(total.min(axis=1)) == pytest.approx(81.32, abs=0.3)
