"""What moved a forecast, beside conditioning on every subset of the statements by hand."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import expit

from forecast.model.conditioning import condition
from forecast.model.evidence import Evidence
from forecast.model.fitted_evidence import FittedEvidence, Statements
from forecast.model.latent import Lattice
from forecast.model.weights import Ways, in_points, ways

AREAS, COMPONENTS, YEARS = 3, 2, 3
CELL = 5  # the second component in the last year


@pytest.fixture(scope="module")
def fitted() -> FittedEvidence:
    """Six made-up statements on three areas, two of which nearly say the same."""
    lattice = Lattice(("A", "B", "C"), ("D1", "D2"), (2021, 2022, 2023), np.zeros((2, 3)), np.ones(3))
    cells = np.zeros((6, COMPONENTS * YEARS))
    for number, places in enumerate([(4,), (4,), (1, 4), (3,), (0, 3), (4,)]):
        cells[number, list(places)] = 1 / len(places)
    areas = np.zeros((6, AREAS))
    areas[[0, 1, 2, 3], 0] = 1.0
    areas[4] = 1 / 3
    areas[5, 1] = 1.0
    value = np.array([0.85, 0.851, 0.80, 0.82, 0.79, 0.9])
    return Evidence(search=False).fit(
        lattice, Statements(csr_array(areas), csr_array(cells), value, np.full(6, 0.002), np.arange(6))
    )


def naive_mean(fitted: FittedEvidence, taken: list[int]) -> float:
    """Mean of the cell given some statements: the whole prior laid out, gain times surprise."""
    level = np.kron(np.ones((AREAS, AREAS)), fitted.prior.level)
    prior = level + np.kron(np.eye(AREAS), fitted.prior.deviation)
    linear = fitted.linear
    seen = np.stack(
        [np.kron(linear.area_weight[[i]].toarray()[0], linear.slope[[i]].toarray()[0]) for i in taken]
    )
    noise = np.diag(linear.error[taken] ** 2)
    gain = prior @ seen.T @ np.linalg.inv(seen @ prior @ seen.T + noise)
    return float(fitted.middle + (gain @ linear.value[taken])[CELL])


def by_subsets(fitted: FittedEvidence, players: Sequence[tuple[int, ...]] | None = None) -> list[float]:
    """Mean over all orders of what each player adds to those before it (Shapley's formula)."""
    players = players or [(i,) for i in range(len(fitted.statements))]
    n = len(players)
    mean = {(): fitted.middle}
    for size in range(1, n + 1):
        for taken in itertools.combinations(range(n), size):
            mean[taken] = naive_mean(fitted, [i for player in taken for i in players[player]])
    found = []
    for own in range(n):
        others = [i for i in range(n) if i != own]
        total = 0.0
        for size in range(n):
            share = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
            for before in itertools.combinations(others, size):
                total += share * (mean[tuple(sorted((*before, own)))] - mean[before])
        found.append(total)
    return found


def test_moves_are_the_mean_of_what_each_adds_over_all_orders(fitted):
    """A statement's move is what it adds to those before it, averaged over orders."""
    found = ways(fitted, 0, [CELL], np.random.default_rng(1), orders=4000)

    expected = by_subsets(fitted)
    assert found.moves[0] == pytest.approx(expected, abs=0.02)
    assert (np.abs(found.moves[0] - expected) < 4 * found.error[0] + 1e-9).all()


def test_moves_add_up_to_the_whole_way(fitted):
    """However few the orders, the moves add up to posterior less prior, in logits and in points."""
    found = ways(fitted, 0, [2, CELL], np.random.default_rng(1), orders=2)
    points = in_points(found, [10.0, 15.0])

    mean, _ = fitted.cells(0, [2, CELL])
    assert fitted.middle + found.moves.sum(axis=1) == pytest.approx(mean)
    assert points.posterior == pytest.approx(float(np.array([10.0, 15.0]) @ expit(mean)))
    assert points.prior + points.effect.sum() == pytest.approx(points.posterior)


def test_a_missing_statement_is_one_that_was_never_made(fitted):
    """What would be without a statement is what conditioning on the others gives."""
    found = ways(fitted, 0, [CELL], np.random.default_rng(1), orders=2)

    every = range(len(fitted.statements))
    expected = [naive_mean(fitted, [i for i in every if i != own]) for own in every]
    assert found.without[0] == pytest.approx(expected)


GROUPINGS = [
    (-1, -1, -1, 7, 7, 7),
    (-1, -1, -1, 2, 0, 2),
    (0, 1, 1, -1, 2, 0),  # a group may hold the area's own figures, and one alone a mean's place
    (0, 0, 0, 0, 0, 0),
    (0, 1, 2, 3, 4, 5),
]


@pytest.mark.parametrize("groups", GROUPINGS)
def test_a_group_is_one_player_of_the_game(fitted, groups):
    """Oracle: Shapley's formula over groups; within one, moves go by the size of each one's weight."""
    found = ways(fitted, 0, [CELL], np.random.default_rng(1), groups=np.array(groups), orders=2000)

    players = [(i,) for i in range(6) if groups[i] < 0]
    players += [tuple(np.flatnonzero(np.array(groups) == g)) for g in sorted({*groups} - {-1})]
    expected = by_subsets(fitted, players)
    size = np.abs(fitted.weights(0, CELL))
    for player, move in zip(players, expected, strict=True):
        rows = list(player)
        assert found.moves[0, rows].sum() == pytest.approx(move, abs=0.03)
        assert abs(found.moves[0, rows].sum() - move) < 4 * found.error[0, rows].sum() + 1e-9
        assert found.moves[0, rows] == pytest.approx(
            found.moves[0, rows].sum() * size[rows] / size[rows].sum()
        )


@pytest.mark.parametrize("groups", GROUPINGS)
def test_with_groups_too_the_moves_add_up_and_none_is_lost(fitted, groups):
    """However few the orders, every statement has a finite move and all add up to the whole way."""
    found = ways(fitted, 1, [2, CELL], np.random.default_rng(1), groups=np.array(groups), orders=2)
    alone = ways(fitted, 1, [2, CELL], np.random.default_rng(1), orders=2)

    mean, _ = fitted.cells(1, [2, CELL])
    assert found.moves.shape == (2, len(fitted.statements))
    assert fitted.middle + found.moves.sum(axis=1) == pytest.approx(mean)
    assert found.without == pytest.approx(alone.without)


def test_groups_that_move_nothing_have_moves_of_no_size(fitted):
    """Statements without any weight on the cell share their group's nothing, not a division by nothing."""
    still = replace(
        fitted, posterior=replace(fitted.posterior, linear=replace(fitted.linear, value=np.zeros(6)))
    )
    still = replace(still, posterior=condition(still.linear, fitted.prior))

    found = ways(still, 0, [CELL], np.random.default_rng(1), groups=np.zeros(6, dtype=int), orders=2)

    assert found.moves[0].tolist() == [0.0] * 6


def test_two_that_say_the_same_share_it(fitted):
    """The same figure from two sources has one weight, shared; neither is missed where the other stays."""
    found = ways(fitted, 0, [CELL], np.random.default_rng(1), orders=4000)
    points = in_points(found, [10.0])

    assert found.moves[0, 0] == pytest.approx(found.moves[0, 1], abs=0.02)
    assert np.abs(points.missing[:2]).max() < 0.1 * np.abs(points.effect[:2]).min()


def test_nothing_moves_where_nothing_is_said():
    """A way of no length has effects of no size."""
    still = Ways(np.full(1, 0.5), np.zeros((1, 2)), np.zeros((1, 2)), np.full((1, 2), 0.5))

    assert in_points(still, [10.0]).effect.tolist() == [0.0, 0.0]
    assert in_points(still, [10.0]).prior == in_points(still, [10.0]).posterior
