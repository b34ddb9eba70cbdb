"""Effects of indicators inside the evidence model, on a made-up panel in which they are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.special import expit

from forecast.model.cell_effects import (
    EFFECT_START,
    NO_EFFECT,
    CellEffects,
    effects_of,
    no_effects,
    search_sd,
)
from forecast.model.covariates import Covariates, complete
from forecast.model.evidence import Evidence
from forecast.model.fitted_evidence import FittedEvidence, Statements
from forecast.model.joint_draws import joint_draws
from forecast.model.latent import Lattice

AREAS, YEARS = tuple(f"A{k:02d}" for k in range(20)), tuple(range(2014, 2024))
COMPONENTS = ("D1", "D2")
N = (len(AREAS), len(YEARS))
LATTICE = Lattice(AREAS, COMPONENTS, YEARS, np.zeros((2, N[1])), np.ones((2, N[1])))
LEAVES = {name: (name,) for name in COMPONENTS}
SILENT = np.full(1, np.nan), np.full(1, np.nan)


def indicator(seed: int, shape: tuple[int, int] = N) -> np.ndarray:
    """An indicator (P, T): what is lasting of each area, and moves."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(shape[0], 1)) * 2 + rng.normal(size=shape)


def scores(effect: float, x: np.ndarray, seed: int = 7) -> np.ndarray:
    """Shares (P, T, L): a level, an area's lasting part, noise; the indicator acts on D1."""
    rng = np.random.default_rng(seed)
    z = 1.5 + 0.4 * rng.normal(size=(N[0], 1, 2)) + 0.12 * rng.normal(size=(*N, 2))
    z[:, :, 0] += effect * (x - x.mean(axis=1, keepdims=True))
    return expit(z)


def published(share: np.ndarray, years: int = N[1] - 1) -> Statements:
    """Every score of the first years as one statement."""
    area, cell, value = [], [], []
    for p, t, c in np.ndindex(N[0], years, 2):
        area.append(np.eye(N[0])[p])
        cell.append(np.eye(LATTICE.n_cells)[c * N[1] + t])
        value.append(share[p, t, c])
    n = len(value)
    return Statements(
        csr_array(np.array(area)),
        csr_array(np.array(cell)),
        np.array(value),
        np.full(n, 1e-3),
        np.arange(n),
    )


def on_d1(x: np.ndarray, sign: float = 0.0, expert: tuple[np.ndarray, np.ndarray] = SILENT) -> CellEffects:
    """The indicator as a covariate of D1."""
    given_ones = Covariates(AREAS, YEARS, ("x",), ("D1",), x[:, :, None], np.array([sign]))
    return effects_of(complete(given_ones), LATTICE, LEAVES, expert)


def found(fitted: FittedEvidence) -> tuple[float, float]:
    """Posterior mean and standard deviation of the effect of one standard unit."""
    moved, root = fitted.posterior.effects
    return float(fitted.effect_mean[0][0] + moved[0]), float(np.sqrt((root[0] ** 2).sum()))


def test_a_planted_effect_is_found_and_narrows_the_forecast():
    """Effect 0.15 logits a unit: within two standard errors, and the target year nearer than without."""
    x = indicator(1)
    share = scores(0.15, x)
    plain, fitted = (
        Evidence().fit(LATTICE, published(share)),
        Evidence().fit(LATTICE, published(share), on_d1(x)),
    )
    mean, sd = found(fitted)
    assert abs(mean - 0.15 * fitted.effects.scale[0]) < 2 * sd
    cells = [LATTICE.cell("D1", YEARS[-1])]
    missed = [
        np.mean([abs(expit(f.cells(p, cells)[0][0]) - share[p, -1, 0]) for p in range(N[0])])
        for f in (plain, fitted)
    ]
    assert missed[1] < 0.9 * missed[0]


def test_an_effect_that_figures_do_not_support_is_nothing():
    """Scores without any effect: the forecast is the one without the indicator."""
    x = indicator(2)
    share = scores(0.0, x)
    fitted = Evidence().fit(LATTICE, published(share), on_d1(x))
    assert fitted.variances.effect_sd == pytest.approx((NO_EFFECT,) * 2, rel=0.05)
    assert abs(found(fitted)[0]) < 2 * NO_EFFECT


def test_the_expected_side_is_never_the_worse_one():
    """A weak effect, 0.0125 logits: with its own sign it is something, with the other nothing."""
    x = indicator(2)
    share = scores(0.0125, x, seed=22)
    right, wrong = (
        Evidence().fit(LATTICE, published(share), on_d1(x, sign)).variances.effect_sd[0]
        for sign in (1.0, -1.0)
    )
    assert right > 5 * NO_EFFECT
    assert wrong == pytest.approx(NO_EFFECT, rel=0.1)


def test_an_expert_is_believed_where_there_is_no_history_and_corrected_where_there_is():
    """Without scores of D1 the posterior is the expert's range; with them it is what they say."""
    x = indicator(3)
    expert = np.array([0.05]), np.array([0.01])  # shares for a standard unit
    nothing = published(scores(0.0, x))
    keep = np.flatnonzero(nothing.cell_weight[:, : N[1]].sum(axis=1) == 0)
    alone = Statements(
        nothing.area_weight[keep],
        nothing.cell_weight[keep],
        nothing.value[keep],
        nothing.error[keep],
        np.arange(len(keep)),
    )
    fitted = Evidence(search=False).fit(LATTICE, alone, on_d1(x, expert=expert))
    share = expit(fitted.centre[:, : N[1]] + fitted.posterior.mean[:, : N[1]])
    slope = (share * (1 - share)).mean()
    assert found(fitted)[0] * slope == pytest.approx(0.05, rel=0.1)
    assert found(fitted)[1] * slope == pytest.approx(0.01, rel=0.1)
    corrected = Evidence().fit(LATTICE, published(scores(0.0, x)), on_d1(x, expert=expert))
    assert abs(found(corrected)[0]) < 0.1 * found(fitted)[0]


def test_the_national_part_moves_the_level_and_the_rest_moves_areas():
    """An indicator alike everywhere has no provincial part; one whose mean stands still no national one."""
    alike = np.tile(np.arange(N[1], dtype=float), (N[0], 1))
    own = indicator(4)
    own = own - own.mean(axis=0) + np.arange(N[0])[:, None]
    one, other = on_d1(alike), on_d1(own)
    assert np.abs(one.design).max() == pytest.approx(0, abs=1e-12)
    assert one.moves_level.all()
    assert np.abs(other.national).max() == pytest.approx(0, abs=1e-9)
    assert np.abs(other.design[:, N[1] :]).max() == 0  # D2 is not touched
    assert other.design[:, : N[1], 0].mean(axis=1) == pytest.approx(np.zeros(N[0]), abs=1e-9)


def test_of_a_few_areas_no_national_mean_is_read():
    """Two of twenty areas have figures: the others and the level stay as they were."""
    x = np.full(N, np.nan)
    x[:2] = indicator(5, (2, N[1]))
    few = on_d1(x)
    assert not few.moves_level.any()
    assert np.abs(few.design[2:]).max() == 0
    assert np.abs(few.design[:2]).max() > 0


def test_an_area_with_one_figure_has_no_usual_one():
    """Ten areas have one figure, far from all others: they are held against nothing, and teach nothing."""
    x = indicator(6)
    x[:10, 1:] = np.nan
    x[:10, 0] += 10
    effects = on_d1(x)
    assert np.abs(effects.design[:10]).max() == 0
    assert effects.doubt[:10].max() == 0
    assert (np.abs(effects.design[10:]).max(axis=(1, 2)) > 0).all()


@settings(max_examples=30)
@given(strong=st.floats(0.05, 0.5), error=st.floats(0.001, 0.01), turn=st.booleans(), n=st.integers(1, 6))
def test_the_spread_of_an_effect_grows_with_its_size_alone(strong, error, turn, n):
    """A clear effect is something, whatever its sign; those of which nothing is said are nothing."""
    information = np.eye(n) / error**2
    information_mean = np.zeros(n)
    information_mean[0] = (-strong if turn else strong) / error**2
    sd = search_sd(information, information_mean, np.zeros(n))
    assert 0.3 * strong < sd[0] < 1.5 * strong
    assert sd[1:] == pytest.approx(np.full(n - 1, NO_EFFECT))
    assert NO_EFFECT < EFFECT_START


def test_a_published_score_is_known_where_its_indicator_is_not():
    """Six areas lack last year's figure: their published scores are met all the same, and weights add up."""
    x = indicator(1)
    x[:6, -2] = np.nan
    share = scores(0.15, indicator(1))
    fitted = Evidence().fit(LATTICE, published(share), on_d1(x))
    cell = LATTICE.cell("D1", YEARS[-2])
    assert fitted.prior.own_variance[0, cell] > 0.1**2
    for area in (0, 10):
        mean, sd = fitted.cells(area, [cell])
        assert expit(mean[0]) == pytest.approx(share[area, -2, 0], abs=3e-4)
        assert sd[0] < 0.01
        moved = fitted.posterior.mean[area, cell]
        assert fitted.weights(area, cell).sum() == pytest.approx(moved, abs=1e-6)


def test_a_figure_that_is_missing_everywhere_leaves_its_doubt_to_the_level():
    """No figure of the target year: var = var of the level + E[effect^2] * var of the year's mean."""
    rng = np.random.default_rng(5)
    country = np.cumsum(rng.normal(size=N[1]))
    x = country + 0.01 * rng.normal(size=N)
    z = 1.5 + 0.3 * rng.normal(size=(N[0], 1, 2)) + 0.08 * rng.normal(size=(*N, 2))
    z[:, :, 0] += 0.3 * (country - country.mean())
    x[:, -1] = np.nan
    effects = on_d1(x)
    fitted = Evidence().fit(LATTICE, published(expit(z)), effects)
    none = replace(effects, national_doubt=np.zeros_like(effects.national_doubt))
    sure = Evidence(start=fitted.variances, search=False).fit(LATTICE, published(expit(z)), none)
    cell = LATTICE.cell("D1", YEARS[-1])
    (_, sd), (_, without) = fitted.cells(0, [cell]), sure.cells(0, [cell])
    mean, error = fitted.national_effects()
    added = (mean[0] ** 2 + error[0] ** 2) * effects.national_doubt[cell, 0] ** 2
    assert sd[0] ** 2 == pytest.approx(without[0] ** 2 + added, rel=0.02)
    assert sd[0] > 2 * without[0]


def test_without_covariates_nothing_is_there():
    """No effects: empty arrays of the right shapes, and the model's own posterior."""
    share = scores(0.0, indicator(6))
    bare = Evidence(search=False).fit(LATTICE, published(share))
    empty = Evidence(search=False).fit(LATTICE, published(share), no_effects(LATTICE))
    np.testing.assert_array_equal(bare.posterior.mean, empty.posterior.mean)
    assert bare.posterior.effects[0].shape == (0,)


def test_the_offset_is_what_points_and_percent_lie_apart():
    """Percent = share - o, o ~ N(0, 0.01^2), three areas with both to 0.006, by hand."""
    lattice = Lattice(AREAS, ("D8.sipas", "D1"), YEARS, LATTICE.breaks, LATTICE.spread, (2020,))
    t = YEARS.index(2022)
    place = lattice.offset(2022)
    assert place == lattice.n_scores
    assert lattice.offset(2019) is None
    rows = []
    for p in range(3):
        points, percent = np.zeros(lattice.n_cells), np.zeros(lattice.n_cells)
        points[t] = percent[t] = 1.0
        percent[place] = -1.0
        rows += [(np.eye(N[0])[p], points, 0.85), (np.eye(N[0])[p], percent, 0.835)]
    n = len(rows)
    statements = Statements(
        csr_array(np.array([r[0] for r in rows])),
        csr_array(np.array([r[1] for r in rows])),
        np.array([r[2] for r in rows]),
        np.full(n, 0.006),
        np.arange(n),
    )
    fitted = Evidence(search=False).fit(lattice, statements)
    mean, sd = fitted.cells(0, [place])
    # Three differences of 0.015, each with a standard error of 0.006 times the square root of 2.
    precision = 1 / 0.01**2 + 3 / (2 * 0.006**2)
    assert mean[0] == pytest.approx(3 * 0.015 / (2 * 0.006**2) / precision, rel=0.03)
    assert sd[0] == pytest.approx(precision**-0.5, rel=0.03)
    drawn = joint_draws(fitted, (2022,), 4000, np.random.default_rng(1))
    assert drawn.offset[:, 0].mean() == pytest.approx(mean[0], abs=4e-4)
