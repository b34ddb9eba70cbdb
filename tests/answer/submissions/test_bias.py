"""The bias of self-scores: what is learnt from little, and what it does to three figures.  All made up."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.answer.submissions import Bias, learn
from forecast.answer.submissions.bias import DomainBias

HERE = "TP. Hồ Chí Minh"


def table(*rows: tuple) -> pd.DataFrame:
    """Build self-scores from (area, year, component, self, appraised, maximum)."""
    names = ["area", "year", "component", "self_score", "appraised_score", "max_score"]
    return pd.DataFrame(rows, columns=names).astype({"appraised_score": float, "max_score": float})


def test_nothing_to_learn_from_corrects_nothing_and_says_so():
    """No table, no bias: the figures stay and the reason is told."""
    bias = learn(table(), HERE, 2024)

    assert bias.correct(1.0, 1.5, 2.0, "D2", 2.0) == (1.0, 1.5, 2.0)
    assert (bias.known, bias.of("D2").count) == (False, 0)
    assert "không hiệu chỉnh" in bias.reason("D2").text("vi")


def test_one_observation_is_drawn_far_towards_none():
    """One year that lost a tenth is a hint, not a law: less than that is taken, more than nothing."""
    bias = learn(table((HERE, 2023, "D2", 9.0, 8.0, 10.0)), HERE, 2024)

    assert -0.09 < bias.of("D2").mean < -0.02
    assert bias.of("D2").error < 0.08
    assert abs(bias.of("D5").mean) < abs(bias.of("D2").mean)
    assert bias.of("D5").error > bias.of("D2").error


def test_many_years_speak_for_themselves():
    """With fifty equal years the learnt mean is theirs and hardly any doubt is left."""
    years = [(HERE, 1970 + n, "D2", 9.0, 8.0 + 0.01 * (n % 3), 10.0) for n in range(50)]
    bias = learn(table(*years), HERE, 2024)

    assert bias.of("D2").mean == pytest.approx(-0.099, abs=0.002)
    assert bias.of("D2").error < 0.003


def test_the_closed_form_by_hand(monkeypatch):
    """With one pair of variances on the grid the answer is the textbook's weighted mean."""
    monkeypatch.setattr("forecast.answer.submissions.bias._GRID", np.array([0.04]))
    bias = learn(table((HERE, 2022, "D2", 9.0, 8.0, 10.0), (HERE, 2023, "D2", 9.0, 8.4, 10.0)), HERE, 2024)
    # two years of mean -0.08: noise 0.0016 / 2 = 0.0008, domains 0.0016, overall prior 0.0025
    centre = (-0.08 / 0.0024) / (1 / 0.0024 + 1 / 0.0025)
    own = 0.0016 / 0.0024
    variance = own * 0.0008 + (1 - own) ** 2 / (1 / 0.0024 + 1 / 0.0025)

    assert bias.of("D2").mean == pytest.approx(own * -0.08 + (1 - own) * centre)
    assert bias.of("D2").error == pytest.approx(np.sqrt(variance))
    assert bias.of("D7").mean == pytest.approx(centre)


def test_the_answer_is_bayes_by_brute_force(monkeypatch):
    """Oracle: the same three levels, integrated on a fine grid of means without any algebra."""
    spreads = np.array([0.01, 0.04, 0.1])
    monkeypatch.setattr("forecast.answer.submissions.bias._GRID", spreads)
    seen = {"D2": [-0.10, -0.06], "D5": [0.02, 0.01, 0.03]}
    rows = [
        (HERE, 2020 + n, name, 9.0, 9.0 + 10 * share, 10.0)
        for name, shares in seen.items()
        for n, share in enumerate(shares)
    ]
    bias = learn(table(*rows), HERE, 2024)
    grid = np.linspace(-0.6, 0.6, 1201)

    def normal(x, mean, spread):
        return np.exp(-0.5 * ((x - mean) / spread) ** 2) / spread

    mass, moment, square = 0.0, 0.0, 0.0
    for tau in spreads:
        for sigma in spreads:
            domain = normal(grid[:, None], grid[None, :], tau)  # of a domain's mean, given the overall one
            seeing = {
                name: np.prod([normal(share, grid, sigma) for share in shares], axis=0)
                for name, shares in seen.items()
            }
            other = seeing["D5"] @ domain
            prior = normal(grid, 0, 0.05) * tau * normal(tau, 0, 0.03) * sigma * normal(sigma, 0, 0.05)
            here = seeing["D2"] * (domain @ (other * prior))
            mass, moment = mass + here.sum(), moment + here @ grid
            square += here @ grid**2

    assert bias.of("D2").mean == pytest.approx(moment / mass, rel=1e-6)
    assert bias.of("D2").error == pytest.approx(np.sqrt(square / mass - (moment / mass) ** 2), rel=1e-6)


@pytest.mark.slow
def test_shrinkage_beats_raw_means_and_no_correction():
    """Over many made-up cities with known biases the learnt ones have the least squared error."""
    rng = np.random.default_rng(7)
    errors = {"learnt": 0.0, "raw": 0.0, "none": 0.0}
    for _ in range(60):
        true = dict(zip((f"D{n}" for n in range(1, 8)), rng.normal(-0.04, 0.02, 7), strict=True))
        rows = [
            (HERE, year, name, 9.0, 9.0 + 10 * (bias + rng.normal(0, 0.04)), 10.0)
            for name, bias in true.items()
            for year in range(2021, 2021 + rng.integers(1, 4))
        ]
        frame = table(*rows)
        bias = learn(frame, HERE, 2024)
        raw = ((frame["appraised_score"] - 9) / 10).groupby(frame["component"]).mean()
        for name, value in true.items():
            errors["learnt"] += (bias.of(name).mean - value) ** 2
            errors["raw"] += (raw[name] - value) ** 2
            errors["none"] += value**2

    assert errors["learnt"] < 0.7 * errors["raw"]
    assert errors["learnt"] < 0.4 * errors["none"]


@pytest.mark.slow
def test_the_doubt_that_is_told_is_the_doubt_there_is():
    """The true bias lies within two standard errors in about 95 of 100 made-up domains."""
    rng = np.random.default_rng(11)
    inside = []
    for _ in range(80):
        true = dict(zip(("D1", "D2", "D3", "D4"), rng.normal(-0.03, 0.025, 4), strict=True))
        rows = [
            (HERE, year, name, 9.0, 9.0 + 10 * (bias + rng.normal(0, 0.04)), 10.0)
            for name, bias in true.items()
            for year in (2022, 2023)
        ]
        bias = learn(table(*rows), HERE, 2024)
        inside += [abs(bias.of(n).mean - value) < 2 * bias.of(n).error for n, value in true.items()]

    assert 0.88 < np.mean(inside) <= 1


def test_other_areas_inform_the_overall_mean_only():
    """Elsewhere's domain gives here's domain no value of its own, yet moves what is assumed."""
    bias = learn(table(*(("Hà Nội", year, "D2", 9.0, 8.0, 10.0) for year in range(2018, 2024))), HERE, 2024)

    assert bias.domains == {}
    assert bias.of("D2") == bias.of("D7")
    assert bias.of("D2").mean < -0.01
    assert "mức chung" in bias.reason("D2").text("vi")


def test_later_years_do_not_count():
    """The year that is forecast, and any after it, cannot teach its own forecast."""
    past = (HERE, 2022, "D2", 9.0, 8.0, 10.0)

    assert learn(table(past, (HERE, 2024, "D2", 9.0, 1.0, 10.0)), HERE, 2024) == learn(
        table(past), HERE, 2024
    )


def test_criteria_speak_for_their_domain_unless_it_speaks_itself():
    """3.1 and 3.2 together are an observation of D3; beside a row of D3 they are not counted again."""
    parts = ((HERE, 2023, "3.1", 2.0, 1.75, 2.0), (HERE, 2023, "3.2", 3.0, 2.75, 3.0))
    whole = (HERE, 2023, "D3", 5.0, 4.5, 5.0)
    total = (HERE, 2023, "total", 95.0, 80.0, 100.0)

    assert learn(table(*parts), HERE, 2024) == learn(table(whole), HERE, 2024)
    assert learn(table(*parts, whole, total), HERE, 2024) == learn(table(whole), HERE, 2024)


def test_a_published_score_stands_in_for_a_missing_appraisal():
    """The published share of the maximum is what the appraisal made of it; without it there is nothing."""
    frame = table((HERE, 2023, "D2", 9.0, np.nan, np.nan))
    scores = pd.DataFrame(
        [("PAR", HERE, 2023, "D2", "value", 0.8), ("SIPAS", HERE, 2023, "D2", "value", 0.1)],
        columns=["index_code", "area", "year", "component", "statistic", "share"],
    )
    told = learn(frame, HERE, 2024, scores=scores, maxima={"D2": 10.0})

    assert told == learn(table((HERE, 2023, "D2", 9.0, 8.0, 10.0)), HERE, 2024)
    assert not learn(frame, HERE, 2024).known


SHARES = st.floats(0, 1)


@given(st.lists(SHARES, min_size=3, max_size=3), st.floats(-0.5, 0.5), st.floats(0, 0.3), st.floats(0.1, 20))
def test_corrected_figures_are_in_order_and_in_bounds(shares, mean, error, maximum):
    """Whatever was learnt, low, likely and high stay low, likely and high on the scale."""
    given_figures = [share * maximum for share in sorted(shares)]
    bias = Bias({"D2": DomainBias(mean, error, 3)}, DomainBias(mean, error, 3))
    low, likely, high = bias.correct(*given_figures, "D2", maximum)

    assert 0 <= low <= likely <= high <= maximum


def test_the_doubt_widens_both_sides_by_hand():
    """A bias of -5 percent with an error of 3/12.8 percent: independent errors add as 3, 4, 5 do."""
    error = 0.03 / 1.2815515655446004
    bias = Bias({"D2": DomainBias(-0.05, error, 3)}, DomainBias(0, 0, 3))

    assert bias.correct(6.0, 6.4, 6.8, "D2", 10.0) == pytest.approx((5.9 - 0.5, 5.9, 5.9 + 0.5))
