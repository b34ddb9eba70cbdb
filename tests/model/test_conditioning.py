"""Conditioning province by province, beside the whole covariance laid out and solved at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg
from scipy.sparse import csr_array
from scipy.stats import multivariate_normal

from forecast.model.conditioning import condition
from forecast.model.linear import Linear, Prior, own_area

AREAS, CELLS = 4, 5

Floats = np.ndarray


def covariance(rng: np.random.Generator, n: int) -> Floats:
    """Any covariance of n things, made up."""
    root = rng.normal(size=(n, n + 2))
    return root @ root.T / n


def any_prior(rng: np.random.Generator, linear: Linear) -> Prior:
    """Levels, deviations and the effects of the statements, made up."""
    effect = rng.uniform(0.1, 2.0, linear.design.shape[2])
    own_variance = rng.uniform(0.1, 2.0, (AREAS, CELLS)) * (
        rng.random((AREAS, CELLS)) < rng.choice([0.0, 0.5])
    )
    return Prior(covariance(rng, CELLS), covariance(rng, CELLS), effect, own_variance)


def any_design(rng: np.random.Generator) -> Floats:
    """What none to three effects add to the cells, made up."""
    shape = (AREAS, CELLS, int(rng.integers(0, 4)))
    return rng.normal(size=shape) * (rng.random(shape) < 0.5)


def statements(rng: np.random.Generator, own: int, wide: int) -> Linear:
    """Statements on one area each, with weights of any size and sign, and on several areas.

    Those on several weigh the areas alike in half of the cases, as plain means do.
    """
    plain = bool(rng.random() < 0.5)
    area = np.zeros((own + wide, AREAS))
    area[np.arange(own), rng.integers(0, AREAS - 1, own)] = rng.choice(
        [-0.5, 1.0, 2.0], own
    )  # none on the last
    alike = rng.uniform(0.2, 1.0, AREAS)
    for row in area[own:]:
        if plain:
            row[:] = alike
            continue
        some = rng.permutation(AREAS)[: rng.integers(2, AREAS + 1)]
        row[some] = rng.uniform(0.2, 1.0, len(some))
    slope = rng.normal(size=(own + wide, CELLS)) * (rng.random((own + wide, CELLS)) < 0.6)
    mixed = rng.permutation(own + wide)
    return Linear(
        csr_array(slope[mixed]),
        csr_array(area[mixed]),
        rng.normal(size=own + wide),
        rng.uniform(0.05, 1.0, own + wide),
        any_design(rng),
    )


def laid_out(linear: Linear, prior: Prior) -> tuple[Floats, Floats]:
    """Prior covariance of every cell of every area, and the statements' slopes on them.

    What cells have each by itself comes after the cells; only statements on one area see it.
    """
    whole = np.kron(np.ones((AREAS, AREAS)), prior.level) + np.kron(np.eye(AREAS), prior.deviation)
    design = linear.design.reshape(AREAS * CELLS, -1)
    whole += design @ np.diag(prior.effect) @ design.T
    pairs = zip(linear.area_weight.toarray(), linear.slope.toarray(), strict=True)
    seen = np.stack([np.kron(area, slope) for area, slope in pairs])
    alone = (own_area(linear.area_weight) >= 0)[:, None]
    return linalg.block_diag(whole, np.diag(prior.own_variance.reshape(-1))), np.hstack([seen, seen * alone])


sizes = {"own": st.integers(0, 12), "wide": st.integers(0, 5), "seed": st.integers(0, 9999)}


@settings(max_examples=60)
@given(**sizes)
def test_the_posterior_is_that_of_one_dense_solve(own, wide, seed):
    """Oracle: the textbook formula on all cells of all areas, and scipy's density."""
    rng = np.random.default_rng(seed)
    linear = statements(rng, own, wide) if own + wide else statements(rng, 1, 0)
    prior = any_prior(rng, linear)
    whole, seen = laid_out(linear, prior)
    noise = seen @ whole @ seen.T + np.diag(linear.error**2)
    gain = whole @ seen.T @ np.linalg.inv(noise)
    both = np.tile(np.eye(AREAS * CELLS), 2)
    mean, posterior = both @ gain @ linear.value, both @ (whole - gain @ seen @ whole) @ both.T
    got = condition(linear, prior)
    np.testing.assert_allclose(linear.dense_covariance(prior), noise, atol=1e-9)
    np.testing.assert_allclose(got.mean.reshape(-1), mean, atol=1e-6)
    np.testing.assert_allclose(got.pull, np.linalg.solve(noise, linear.value), rtol=1e-5, atol=1e-6)
    areas, cells = np.repeat(np.arange(AREAS), CELLS), np.tile(np.arange(CELLS), AREAS)
    common, rest = got.covariance_of(areas, cells)
    np.testing.assert_allclose(common @ common.T + rest, posterior, atol=1e-6)
    to_effects = (
        np.diag(prior.effect) @ linear.design.reshape(AREAS * CELLS, -1).T @ seen[:, : AREAS * CELLS].T
    )
    effects, root = got.effects
    np.testing.assert_allclose(effects, to_effects @ np.linalg.solve(noise, linear.value), atol=1e-6)
    left = np.diag(prior.effect) - to_effects @ np.linalg.solve(noise, to_effects.T)
    np.testing.assert_allclose(root @ root.T, left, atol=1e-6)
    few = np.array([3, 1])
    np.testing.assert_allclose(got.variance(2, few), np.diag(posterior)[2 * CELLS + few], atol=1e-6)
    constant = 0.5 * len(linear.value) * np.log(2 * np.pi)
    density = multivariate_normal(np.zeros(len(noise)), noise).logpdf(linear.value)
    assert got.log_density == pytest.approx(density + constant, rel=1e-6, abs=1e-6)


@settings(max_examples=40)
@given(**sizes)
def test_the_slopes_of_the_density_are_those_of_finite_steps(own, wide, seed):
    """Oracle: the density with one symmetric pair of entries moved up and down."""
    rng = np.random.default_rng(seed)
    linear = statements(rng, own + 1, wide)
    prior = any_prior(rng, linear)
    slopes = dict(zip(("level", "deviation"), condition(linear, prior).gradients(), strict=True))
    step = 1e-5
    for name, slope in slopes.items():
        move = np.zeros(slope.shape)
        if move.size:
            i, j = rng.integers(0, len(move), 2)
            move[[i, j], [j, i]] = step
        up, down = (
            condition(linear, replace(prior, **{name: getattr(prior, name) + sign * move})).log_density
            for sign in (1, -1)
        )
        expected = (slope * move).sum() / step
        assert (down - up) / (2 * step) == pytest.approx(expected, rel=1e-3, abs=1e-4)


@settings(max_examples=60)
@given(**{**sizes, "wide": st.integers(1, 5)})
def test_columns_and_precision_are_those_of_the_dense_inverse(own, wide, seed):
    """Oracle: numpy's inverse of the covariance of all statements laid out."""
    rng = np.random.default_rng(seed)
    linear = statements(rng, own, wide)
    prior = any_prior(rng, linear)
    columns = rng.normal(size=(own + wide, 3))

    found = condition(linear, prior)

    whole, slope = laid_out(linear, prior)
    inverse = np.linalg.inv(slope @ whole @ slope.T + np.diag(linear.error**2))
    assert found.solve(columns) == pytest.approx(inverse @ columns, rel=1e-5, abs=1e-5)
    assert found.precision() == pytest.approx(np.diag(inverse), rel=1e-5, abs=1e-5)


def test_the_covariance_of_two_sets_of_statements_is_a_block_of_that_of_all():
    """Some rows beside others: what the whole matrix holds at their crossing, in the order asked for."""
    rng = np.random.default_rng(5)
    linear = statements(rng, 7, 3)
    prior = any_prior(rng, linear)
    rows, others = np.array([4, 0, 9]), np.array([8, 2, 1, 6])

    found = linear.only(rows).covariance_with(linear.only(others), prior)

    whole, slope = laid_out(linear, prior)
    assert found == pytest.approx((slope @ whole @ slope.T)[np.ix_(rows, others)])


def test_the_order_of_the_statements_changes_nothing():
    """Rows given in another order: the same posterior, and each pull on its own row."""
    rng = np.random.default_rng(5)
    linear = statements(rng, 9, 3)
    prior = any_prior(rng, linear)
    order = rng.permutation(12)
    other = replace(
        linear,
        slope=linear.slope[order],
        area_weight=linear.area_weight[order],
        value=linear.value[order],
        error=linear.error[order],
    )
    one, two = condition(linear, prior), condition(other, prior)
    np.testing.assert_allclose(two.mean, one.mean, atol=1e-9)
    np.testing.assert_allclose(two.pull, one.pull[order], atol=1e-7)


def test_a_statement_is_about_one_area_only_if_it_weighs_no_other():
    """One weight names its area; several, or none, name none."""
    weights = csr_array(np.array([[0.0, 2.0, 0.0], [0.5, 0.0, 0.5], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]))
    assert own_area(weights).tolist() == [1, -1, -1, 0]
