"""The evidence model against independent oracles, and the laws that its posterior obeys."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.sparse import csr_array
from scipy.special import expit, logit

from forecast.base.errors import TooFewYearsError
from forecast.model import evidence, latent, variance_search
from forecast.model.evidence import Evidence
from forecast.model.fitted_evidence import Statements
from forecast.model.joint_draws import joint_draws
from forecast.model.latent import SCALARS, START, Lattice, deviation_covariance, level_covariance
from forecast.model.linear import logistic_line

# Made up: three areas, three components of unlike weight, three years, one change.
AREAS, COMPONENTS, YEARS = ("A", "B", "C"), ("D1", "D2", "D3"), (2021, 2022, 2023)
BREAKS = np.array([[0, 1, 0], [0, 1, 0], [0, 0, 0]], dtype=float)
LATTICE = Lattice(AREAS, COMPONENTS, YEARS, BREAKS, np.array([1.0, 1.2, 0.9]))
WEIGHTS = np.array([0.5, 0.3, 0.2])
AS_IT_IS = Evidence(search=False)

One = tuple[np.ndarray, np.ndarray, float, float]


def cells(what: dict[str, float] | str, year: int) -> np.ndarray:
    """Weights of cells: one component, or several with their weights; "total" is all of them."""
    parts = dict(zip(COMPONENTS, WEIGHTS, strict=True)) if what == "total" else what
    parts = {parts: 1.0} if isinstance(parts, str) else parts
    weights = np.zeros(LATTICE.n_cells)
    for component, weight in parts.items():
        weights[LATTICE.cell(component, year)] = weight
    return weights


def own(area: str, what: str, year: int, value: float, error: float = 1e-3) -> One:
    """An area's own figure."""
    return np.array([float(a == area) for a in AREAS]), cells(what, year), value, error


def mean(what: str, year: int, value: float, error: float = 1e-3) -> One:
    """The mean over the three areas."""
    return np.full(3, 1 / 3), cells(what, year), value, error


def above(area: str, what: str, year: int, value: float, error: float = 1e-3) -> One:
    """How far an area lies above the mean."""
    return np.array([float(a == area) for a in AREAS]) - 1 / 3, cells(what, year), value, error


def told(*parts: One) -> Statements:
    """Several statements, one a row."""
    columns = [np.stack([np.asarray(part[k], dtype=float) for part in parts]) for k in range(4)]
    return Statements(
        csr_array(columns[0]), csr_array(columns[1]), columns[2], columns[3], np.arange(len(parts))
    )


def covariance_of(fitted: evidence.FittedEvidence) -> np.ndarray:
    """Posterior covariance of every cell of every area."""
    _, level, rest = fitted.joint(*(np.array(side) for side in zip(*every_cell(), strict=True)))
    return level @ level.T + rest


def every_cell() -> list[tuple[int, int]]:
    """Area and cell of the whole panel, area by area."""
    return list(itertools.product(range(len(AREAS)), range(LATTICE.n_cells)))


def whole_prior(v: latent.Variances) -> np.ndarray:
    """Covariance of every cell of every area with every other, one entry at a time."""
    level, deviation = level_covariance(LATTICE, v), deviation_covariance(LATTICE, v)
    pairs = every_cell()
    return np.array([[level[i, j] + (a == b) * deviation[i, j] for b, j in pairs] for a, i in pairs])


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> latent.Variances:
    """Spreads so small that the logistic function is a line."""
    monkeypatch.setattr(latent, "START_SD", 2e-3)
    return replace(START, spread=1e-3, level_step=1e-3, level_noise=5e-4, level_break=2e-3, drift=5e-4)


def test_where_the_logistic_is_a_line_the_posterior_is_the_textbook_formula(tiny):
    """Oracle: one Gaussian vector of all 27 cells, conditioned with explicit matrices."""
    middle = 0.85
    shift = np.random.default_rng(7).normal(0, 3e-4, 7)
    parts = [
        own("A", "D1", 2021, middle + shift[0], 1e-5),
        own("A", "total", 2022, middle + shift[1], 2e-5),
        own("B", "total", 2023, middle + shift[2], 2e-5),
        mean("total", 2022, middle + shift[3], 1e-5),
        mean("D2", 2023, middle + shift[4], 3e-5),
        above("C", "total", 2022, shift[5], 5e-5),
        above("A", "D3", 2021, shift[6], 5e-5),
    ]
    statements = told(*parts)
    fitted = Evidence(start=tiny, search=False).fit(LATTICE, statements)

    place = float(logit(statements.value[:5].mean()))  # only whole figures say where the middle is
    at, slope = expit(place), expit(place) * (1 - expit(place))
    on_cells = np.stack([np.kron(over, weight) for over, weight, _, _ in parts])
    prior = whole_prior(replace(tiny, component_spread=(1.0, 1.0, 1.0)))
    linear = slope * on_cells
    surprise = statements.value - at * on_cells.sum(axis=1)
    gain = prior @ linear.T @ np.linalg.inv(linear @ prior @ linear.T + np.diag(statements.error**2))
    expected_mean, expected = place + gain @ surprise, prior - gain @ linear @ prior

    area, cell = (np.array(side) for side in zip(*every_cell(), strict=True))
    found_mean, found = fitted.joint(area, cell)[0], covariance_of(fitted)
    sd = np.sqrt(np.diag(expected))
    np.testing.assert_allclose((found_mean - expected_mean) / sd, 0, atol=0.01)
    np.testing.assert_allclose(found / np.outer(sd, sd), expected / np.outer(sd, sd), atol=0.01)
    for a in range(3):
        one_mean, one_sd = fitted.cells(a, range(9))
        np.testing.assert_allclose(one_mean, found_mean[9 * a : 9 * a + 9])
        np.testing.assert_allclose(one_sd, np.sqrt(np.diag(found))[9 * a : 9 * a + 9], rtol=1e-6)
    held = at * on_cells.sum(axis=1) + linear @ gain @ surprise
    left = fitted.linear.error**2 * fitted.posterior.pull
    np.testing.assert_allclose(statements.value - left, held, atol=1e-6)


def importance(parts: list[One], v: latent.Variances, middle: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Prior draws of all cells (n, 27) on the logit scale, and how well each fits the statements."""
    rng = np.random.default_rng(11)
    root = np.linalg.cholesky(whole_prior(v) + 1e-10 * np.eye(27))
    drawn = middle + rng.standard_normal((n, 27)) @ root.T
    share = expit(drawn)
    off = [(value - share @ np.kron(over, weight)) / error for over, weight, value, error in parts]
    log = -0.5 * np.sum(np.square(off), axis=0)
    weight = np.exp(log - log.max())
    assert weight.sum() ** 2 / (weight**2).sum() > 400  # enough draws that count
    return drawn, weight / weight.sum()


def test_where_the_logistic_bends_the_posterior_is_near_the_exact_one():
    """Oracle: draws of the prior, weighted by how well they fit bounded totals, a mean and a rank."""
    parts = [
        own("A", "D1", 2022, 0.95, 0.03),
        own("A", "total", 2022, 0.88, 0.03),
        mean("total", 2022, 0.83, 0.03),
        above("B", "total", 2022, -0.05, 0.03),
    ]
    start = replace(START, component_spread=(1.0, 1.0, 1.0))
    fitted = AS_IT_IS.fit(LATTICE, told(*parts))
    drawn, weight = importance(parts, start, fitted.middle, 400_000)
    exact = weight @ drawn
    sd = np.sqrt(weight @ (drawn - exact) ** 2)
    area, cell = (np.array(side) for side in zip(*every_cell(), strict=True))
    found_mean, found_sd = fitted.joint(area, cell)[0], np.sqrt(np.diag(covariance_of(fitted)))
    np.testing.assert_allclose((found_mean - exact) / sd, 0, atol=0.25)
    np.testing.assert_allclose(found_sd / sd, 1, atol=0.15)


def test_draws_have_the_expected_share_of_the_exact_posterior():
    """The longer tails of the draws make ranges wider and leave the expected share where it is."""
    parts = [
        own("A", "total", 2022, 0.88, 0.03),
        mean("total", 2022, 0.83, 0.03),
        own("A", "D1", 2022, 0.95, 0.03),
    ]
    fitted = AS_IT_IS.fit(LATTICE, told(*parts))
    start = replace(START, component_spread=(1.0, 1.0, 1.0))
    drawn, weight = importance(parts, start, fitted.middle, 200_000)
    share = expit(drawn).reshape(-1, 3, 3, 3)[..., 2]  # the year 2023, of which nothing is told
    exact = np.tensordot(weight, share, 1)
    sd = np.sqrt(np.tensordot(weight, (share - exact) ** 2, 1))
    found = joint_draws(fitted, (2023,), 40_000, np.random.default_rng(3)).shares[..., 0]
    np.testing.assert_allclose((found.mean(axis=0) - exact) / sd, 0, atol=0.2)
    assert (found.std(axis=0) > 0.9 * sd).all()
    assert (found.std(axis=0) < 1.4 * sd).all()


def test_draws_have_the_mean_and_the_spread_of_the_posterior():
    """On the logit scale draws are as wide as the posterior says, with longer tails than a normal."""
    fitted = AS_IT_IS.fit(LATTICE, told(own("A", "D1", 2022, 0.9), *COMMON))
    place = LATTICE.cell("D2", 2023)
    middle, sd = fitted.cells(1, [place])
    drawn = joint_draws(fitted, (2023,), 100_000, np.random.default_rng(5), areas=[1])
    off = (logit(drawn.shares[:, 0, 1, 0]) - middle[0]) / sd[0]
    assert off.mean() == pytest.approx(0, abs=0.02)
    assert off.std() == pytest.approx(1, abs=0.02)
    assert (np.abs(off) > 3).mean() > 2 * 0.0027


@pytest.mark.parametrize("share", [0.02, 0.3, 0.85, 0.97, 0.999])
def test_a_published_score_pins_its_cell(share):
    """A figure with hardly any error is what the cell is, near the bounds too."""
    fitted = AS_IT_IS.fit(LATTICE, told(own("A", "D1", 2022, share, 2e-4), mean("total", 2022, 0.8), *COMMON))
    found = joint_draws(fitted, (2022,), 500, np.random.default_rng(0)).shares[:, 0, 0, 0]
    np.testing.assert_allclose(found, share, atol=4e-3)


COMMON = (mean("total", 2021, 0.80, 2e-3), mean("total", 2023, 0.84, 2e-3))


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_score_at_its_bound_stays_finite_and_near_it(share):
    """No points at all, or all of them, is a figure like any other."""
    fitted = AS_IT_IS.fit(LATTICE, told(own("A", "D1", 2022, share, 2e-4), *COMMON))
    found = joint_draws(fitted, (2022,), 500, np.random.default_rng(0)).shares[:, 0, 0, 0]
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, share, atol=0.05)


share = st.floats(0.05, 0.98)
error = st.floats(5e-4, 0.02)


@st.composite
def one_statement(draw: st.DrawFn) -> One:
    """Any statement: an own figure, a mean or a rank of a component or the total."""
    what = draw(st.sampled_from((*COMPONENTS, "total")))
    year, area = draw(st.sampled_from(YEARS)), draw(st.sampled_from(AREAS))
    kind = draw(st.sampled_from(("own", "mean", "above")))
    if kind == "own":
        return own(area, what, year, draw(share), draw(error))
    if kind == "mean":
        return mean(what, year, draw(share), draw(error))
    return above(area, what, year, draw(st.floats(-0.08, 0.08)), draw(st.floats(0.01, 0.05)))


some_statements = st.lists(one_statement(), min_size=3, max_size=10)


@settings(max_examples=25)
@given(parts=some_statements, seed=st.integers(0, 99))
def test_every_draw_is_a_share(parts, seed):
    """Whatever is told, each cell of each draw lies between 0 and 1, and none is missing."""
    found = joint_draws(
        AS_IT_IS.fit(LATTICE, told(*parts)), YEARS[-2:], 50, np.random.default_rng(seed)
    ).shares
    assert found.shape == (50, 3, 3, 2)
    assert ((found >= 0) & (found <= 1)).all()


@settings(max_examples=25)
@given(parts=some_statements, order=st.randoms(use_true_random=False))
def test_the_order_of_the_statements_means_nothing(parts, order):
    """Permuting the rows changes no mean and no spread."""
    shuffled = list(parts)
    order.shuffle(shuffled)
    one, other = (AS_IT_IS.fit(LATTICE, told(*rows)) for rows in (parts, shuffled))
    for area in range(3):
        for here, there in zip(one.cells(area, range(9)), other.cells(area, range(9)), strict=True):
            np.testing.assert_allclose(here, there, rtol=1e-9, atol=1e-8)


def test_the_same_seed_gives_the_same_bytes():
    """Draws depend on the statements and the seed alone."""
    fitted = AS_IT_IS.fit(LATTICE, told(own("A", "total", 2022, 0.88), *COMMON))
    one, other, third = (
        joint_draws(fitted, (2023,), 40, np.random.default_rng(seed)).shares for seed in (5, 5, 6)
    )
    assert one.tobytes() == other.tobytes()
    assert one.tobytes() != third.tobytes()


@settings(max_examples=15)
@given(total=st.floats(0.6, 0.95), first=st.floats(0.6, 0.97))
def test_published_sums_hold_in_every_draw(total, first):
    """A total that is known for a year is the weighted sum of its parts in the draws of that year."""
    fitted = AS_IT_IS.fit(
        LATTICE,
        told(own("A", "total", 2022, total, 2e-4), own("A", "D1", 2021, first, 2e-4), *COMMON),
    )
    found = joint_draws(fitted, (2022, 2023), 300, np.random.default_rng(1)).shares
    off = np.abs(found[:, 0, :, 0] @ WEIGHTS - total)
    # The tails throw a draw in some hundred into a corner of the cube from which no step leads out.
    assert np.quantile(off, 0.98) < 2e-3
    assert (found[:, 0, :, 1] @ WEIGHTS).std() > 0.005  # the year after is a forecast
    assert (found[:, 1, :, 0] @ WEIGHTS).std() > 0.005  # and another area's total is not known


def of_one_panel(parts: list[One], seed: int) -> list[One]:
    """The same statements with values that go together: all are read off one made-up panel."""
    rng = np.random.default_rng(seed)
    root = np.linalg.cholesky(whole_prior(replace(START, component_spread=(1.0,) * 3)) + 1e-10 * np.eye(27))
    panel = expit(1.5 + root @ rng.standard_normal(27))
    return [
        (over, weight, float(panel @ np.kron(over, weight)) + doubt * rng.standard_normal(), doubt)
        for over, weight, _, doubt in parts
    ]


@settings(max_examples=25)
@given(parts=some_statements, more=one_statement(), seed=st.integers(0, 999))
def test_another_number_narrows_what_it_speaks_of(parts, more, seed):
    """One more number that is no surprise makes its own figure surer, and no cell less sure."""
    parts = of_one_panel(parts, seed)
    before = AS_IT_IS.fit(LATTICE, told(*parts))
    over, weight, _, doubt = more
    shares = np.stack([logistic_line(*before.cells(area, range(9)))[0] for area in range(3)])
    after = AS_IT_IS.fit(LATTICE, told(*parts, (over, weight, float(over @ shares @ weight), doubt)))
    covariances = [covariance_of(fitted) for fitted in (before, after)]
    slopes = (shares * (1 - shares)).reshape(-1) * np.kron(over, weight)
    spoken = [float(np.sqrt(slopes @ covariance @ slopes)) for covariance in covariances]
    assert spoken[1] <= 1.02 * spoken[0]
    # Where cells are wide, what a line cannot follow is an error too, and narrows less.
    assert spoken[1] < 0.97 * spoken[0] or doubt > 0.5 * spoken[0] or spoken[0] < 0.01
    sds = [np.sqrt(np.diag(covariance)) for covariance in covariances]
    assert (sds[1] <= 1.03 * sds[0]).all()


def test_a_missing_domain_is_wider_than_a_known_one():
    """Of one area and year the published domain is the surest, the unpublished ones share the doubt."""
    fitted = AS_IT_IS.fit(
        LATTICE, told(own("A", "D1", 2022, 0.9, 5e-4), own("A", "total", 2022, 0.87, 5e-4), *COMMON)
    )
    found = joint_draws(fitted, (2022, 2023), 2000, np.random.default_rng(2)).shares.std(axis=0)[0]
    assert (found[0, 0] < 0.1 * found[1:, 0]).all()
    assert found[0, 1] > found[0, 0]  # the year to come is less sure than the year that is out
    assert (found[1:, 1] > 0.95 * found[1:, 0]).all()


def test_a_high_rank_raises_and_a_low_rank_lowers():
    """Told to lie above the mean an area comes out above it, told to lie below it comes out below."""
    places = []
    for value in (0.05, 0.0, -0.05):
        fitted = AS_IT_IS.fit(LATTICE, told(above("A", "total", 2023, value, 0.005), *COMMON))
        drawn = joint_draws(fitted, (2023,), 2000, np.random.default_rng(4)).shares[..., 0] @ WEIGHTS
        places.append(float((drawn[:, 0] - drawn.mean(axis=1)).mean()))
    np.testing.assert_allclose(places, [0.05, 0.0, -0.05], atol=0.005)


def test_a_mean_moves_every_area_alike():
    """A national figure says the same of two areas of which nothing else is known."""
    fitted = AS_IT_IS.fit(LATTICE, told(mean("total", 2022, 0.7, 1e-3), *COMMON))
    found = [fitted.cells(area, range(9)) for area in range(3)]
    for place, sd in found[1:]:
        np.testing.assert_allclose(place, found[0][0])
        np.testing.assert_allclose(sd, found[0][1])


def test_weights_add_up_to_the_move_of_a_cell():
    """What each statement adds to a cell is the whole of what moved it from the middle."""
    fitted = AS_IT_IS.fit(LATTICE, told(own("A", "total", 2022, 0.9), own("B", "D1", 2021, 0.6), *COMMON))
    cell = LATTICE.cell("D1", 2023)
    assert fitted.weights(0, cell).sum() == pytest.approx(fitted.cells(0, [cell])[0][0] - fitted.middle)
    assert fitted.weights(0, cell)[0] > 0 > fitted.weights(1, cell)[1]


def test_fewer_than_three_numbers_are_refused():
    """A panel of which next to nothing is known is a typed error."""
    with pytest.raises(TooFewYearsError) as refusal:
        AS_IT_IS.fit(LATTICE, told(*COMMON))
    assert refusal.value.facts == {"model": "evidence", "needed": 3, "got": 2}


def full_panel(spread: float, seed: int) -> tuple[Lattice, Statements]:
    """A made-up panel of 12 areas, 2 components and 5 years in which every score is published."""
    lattice = Lattice(
        tuple("ABCDEFGHIJKL"),
        ("D1", "D2"),
        tuple(range(2019, 2024)),
        np.zeros((2, 5)),
        np.ones((2, 5)),
    )
    v = replace(START, spread=spread, component_spread=(1.0, 1.0))
    rng = np.random.default_rng(seed)
    level = rng.multivariate_normal(np.zeros(10), level_covariance(lattice, v))
    own_part = rng.multivariate_normal(np.zeros(10), deviation_covariance(lattice, v), size=12)
    value = expit(1.5 + level + own_part).reshape(-1)
    areas, places = np.repeat(np.eye(12), 10, axis=0), np.tile(np.eye(10), (12, 1))
    return lattice, Statements(csr_array(areas), csr_array(places), value, np.full(120, 1e-3), np.arange(120))


@pytest.mark.parametrize("seed", [1, 2])
def test_the_gradient_of_the_search_is_that_of_its_loss(monkeypatch, seed):
    """Oracle: finite differences, at the start and beside it."""
    caught = {}

    def catch(loss, begin, **how):
        caught["loss"] = loss
        return type("Found", (), {"x": begin})()

    lattice, statements = full_panel(0.3, seed)
    monkeypatch.setattr(variance_search.optimize, "minimize", catch)
    Evidence().fit(lattice, statements)
    begin = replace(START, component_spread=(1.0, 1.0)).to_vector()
    rng = np.random.default_rng(seed)
    for vector in (begin, begin + rng.normal(0, 0.3, len(begin))):
        _, gradient = caught["loss"](vector)
        expected = approx_fprime(vector, lambda at: caught["loss"](at)[0], 1e-6)
        np.testing.assert_allclose(gradient, expected, rtol=2e-3, atol=2e-3 * np.abs(expected).max())


def test_the_search_finds_how_far_areas_lie_apart():
    """From a full panel, narrow or wide, the spread is estimated near the one that made it."""
    found = []
    for spread in (0.2, 1.2):
        v = Evidence().fit(*full_panel(spread, seed=4)).variances
        found.append(v.spread * float(np.sqrt(np.mean(np.square(v.component_spread)))))
    assert found[0] == pytest.approx(0.2, rel=0.4)
    assert found[1] == pytest.approx(1.2, rel=0.4)


def test_without_a_search_the_variances_are_those_given():
    """`search=False` takes the start as it is, each component as wide as the others."""
    fitted = AS_IT_IS.fit(LATTICE, told(own("A", "total", 2022, 0.9), *COMMON))
    assert [getattr(fitted.variances, name) for name in SCALARS] == [getattr(START, name) for name in SCALARS]
    assert fitted.variances.component_spread == (1.0, 1.0, 1.0)
