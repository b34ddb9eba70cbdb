"""Indicators projected to the end of the year, at the pace of their own past."""

import numpy as np
import pandas as pd
import pytest

from forecast.answer.scorecard import pace
from forecast.data.load.cells import period_days

SIZE = 20_000


def figures(*rows, unit="%"):
    """Rows of one made-up indicator: period and value."""
    days = [period_days(period) for period, _ in rows]
    return pd.DataFrame(
        {
            "indicator_code": "rate",
            "indicator_name_vi": "Giả định",
            "unit": unit,
            "area": "Hà Nội",
            "period": [period for period, _ in rows],
            "value": [float(value) for _, value in rows],
            "first_day": pd.to_datetime([first for first, _ in days]),
            "last_day": pd.to_datetime([last for _, last in days]),
        }
    )


def test_a_pace_that_never_changed_goes_on(rng):
    """Three years doubled from September to the year's end: this year is expected to double too."""
    told = [(f"{y}-01..{y}-09", 100 * k) for k, y in enumerate((2021, 2022, 2023, 2024), 1)]
    told += [(f"{y}", 200 * k) for k, y in enumerate((2021, 2022, 2023), 1)]

    found = pace.project(figures(*told, unit="tỷ đồng"), 2024, SIZE, rng)

    assert (found.method, found.pairs, found.period, found.value) == ("pace", 3, "2024-01..2024-09", 400.0)
    assert np.median(found.draws) == pytest.approx(800, rel=0.01)


def test_the_spread_by_hand(rng):
    """Steps 0.1 and 0.3 (logs), a quarter of the year left: t with 3 degrees, spread from prior and steps."""
    told = [("2022-01..2022-09", 100), ("2023-01..2023-09", 100), ("2024-01..2024-09", 100)]
    told += [("2022", 100 * np.exp(0.1)), ("2023", 100 * np.exp(0.3))]

    found = pace.project(figures(*told, unit="tỷ đồng"), 2024, 400_000, rng)

    prior = (pace.PRIOR_SD["log"] * np.sqrt(0.25)) ** 2
    scale = np.sqrt((2 * prior + 0.02) / 3 * 1.5)
    logs = np.log(found.draws / 100)
    assert np.median(logs) == pytest.approx(0.2, abs=0.002)
    quartile = 0.7648923284  # of Student's t with 3 degrees of freedom
    assert np.quantile(logs, 0.75) - 0.2 == pytest.approx(scale * quartile, rel=0.02)


def test_less_of_the_year_left_is_less_doubt(rng):
    """The same past told in October leaves less open than told in March."""
    spans = []
    for month in ("03", "10"):
        told = [(f"{y}-01..{y}-{month}", 40) for y in (2022, 2023, 2024)] + [("2022", 90), ("2023", 90)]
        spans.append(np.ptp(np.quantile(pace.project(figures(*told), 2024, SIZE, rng).draws, (0.1, 0.9))))

    assert spans[1] < spans[0]


def test_shares_stay_shares_and_amounts_may_pass_100(rng):
    """What never passed 100 percent never will; a rate that did may again."""
    bounded = [("2023-01..2023-09", 70), ("2023", 99), ("2024-01..2024-09", 80)]
    free = [("2023-01..2023-09", 90), ("2023", 122), ("2024-01..2024-09", 80)]

    assert pace.project(figures(*bounded), 2024, SIZE, rng).draws.max() <= 100
    assert np.quantile(pace.project(figures(*free), 2024, SIZE, rng).draws, 0.9) > 100


def test_a_missing_month_is_read_between_its_neighbours(rng):
    """August and October are there: September lies between; a wider gap is not bridged."""
    near = [("2023-01..2023-08", 40), ("2023-01..2023-10", 60), ("2023", 75), ("2024-01..2024-09", 50)]
    wide = [("2023-01..2023-06", 40), ("2023", 75), ("2022", 75), ("2024-01..2024-09", 50)]

    found = pace.project(figures(*near), 2024, SIZE, rng)

    assert found.pairs == 1
    assert np.median(found.draws) == pytest.approx(75, abs=1.0)
    assert pace.project(figures(*wide), 2024, SIZE, rng).method == "past_ends"


def test_the_year_s_own_end_leaves_no_doubt(rng):
    """A figure of the whole year is that figure in every draw."""
    found = pace.project(figures(("2023", 80), ("2024", 91.5)), 2024, 10, rng)

    assert found.method == "final"
    assert (found.draws == 91.5).all()


@pytest.mark.parametrize(
    ("rows", "key"),
    [
        ([("2024-01..2024-09", 50)], "pace.none"),
        ([("2023", 50)], "pace.no_figure"),
        ([("2024-Q3", 50), ("2024-07", 3)], "pace.no_figure"),  # not counted from January
    ],
)
def test_without_a_past_nothing_is_projected(rows, key, rng):
    """One figure alone tells no pace: there are no draws, and the reason is said."""
    found = pace.project(figures(*rows), 2024, 10, rng)

    assert found.method == "none"
    assert not len(found.draws)
    assert f'"{key}"' in found.reason


@pytest.mark.slow
def test_ranges_hold_what_came(rng):
    """On 400 made-up indicators with a noisy pace, 80 percent ranges hold about 80 percent of the ends."""
    held = []
    for _ in range(400):
        size, noise = rng.uniform(50, 500), rng.uniform(0.05, 0.15)
        ends = {year: size * np.exp(0.4 + noise * rng.standard_normal()) for year in range(2019, 2025)}
        told = [(f"{year}-01..{year}-09", size) for year in ends]
        told += [(f"{year}", ends[year]) for year in ends if year < 2024]
        low, high = np.quantile(
            pace.project(figures(*told, unit="tỷ đồng"), 2024, 500, rng).draws, (0.1, 0.9)
        )
        held.append(low <= ends[2024] <= high)

    assert 0.74 < np.mean(held) < 0.88


def test_cases_are_counted_and_never_taken_back(rng):
    """Three cases so far, one or two more in past years' rests: whole numbers, at least three."""
    told = [(f"{year}-01..{year}-09", 2) for year in (2021, 2022, 2023)]
    told += [("2021", 3), ("2022", 4), ("2023", 3), ("2024-01..2024-09", 3)]

    found = pace.project(figures(*told, unit="vụ"), 2024, SIZE, rng)

    assert found.method == "count"
    assert (found.draws >= 3).all()
    assert (found.draws == np.round(found.draws)).all()
    # a negative binomial with shape 0.5 + 4 and 3 years: mean 3 + 4.5 / 3
    assert found.draws.mean() == pytest.approx(4.5, abs=0.05)


def test_no_case_so_far_is_no_promise(rng):
    """Five years without a case leave a chance of one: 1 - (5 / 6) ** 0.5."""
    told = [(f"{year}-01..{year}-09", 0) for year in range(2019, 2025)]
    told += [(f"{year}", 0) for year in range(2019, 2024)]

    found = pace.project(figures(*told, unit="vụ"), 2024, 100_000, rng)

    assert (found.draws >= 1).mean() == pytest.approx(1 - (5 / 6) ** 0.5, abs=0.005)


def test_what_past_years_reached_is_within_reach(rng):
    """Two years in which a rate went from 98.9 to 100 percent: from 98.9 it may be 100 again."""
    told = [(f"{year}-01..{year}-09", 98.9) for year in (2021, 2022, 2023, 2024)]
    told += [("2021", 99), ("2022", 100), ("2023", 100)]

    chance = float((pace.project(figures(*told), 2024, SIZE, rng).draws >= 100).mean())

    assert 0.2 < chance < 0.8


def test_a_rate_that_always_was_whole_is_expected_to_be(rng):
    """Five years at 100 percent, and this one so far: nearly all draws are 100."""
    told = [(f"{year}-01..{year}-09", 100) for year in range(2019, 2025)]
    told += [(f"{year}", 100) for year in range(2019, 2024)]

    assert (pace.project(figures(*told), 2024, SIZE, rng).draws >= 100).mean() > 0.98


def test_cases_are_counted_before_the_year_s_first_figure(rng):
    """One case in five whole years: whole numbers, none below 0, and none at all in most draws."""
    told = [(f"{year}", cases) for year, cases in zip(range(2019, 2024), (0, 1, 0, 0, 0), strict=True)]

    found = pace.project(figures(*told, unit="vụ"), 2024, 100_000, rng)

    assert found.method == "past_ends"
    assert (found.draws == np.round(found.draws)).all()
    assert found.draws.min() == 0
    # a negative binomial with shape 0.5 + 1 and 5 years
    assert (found.draws == 0).mean() == pytest.approx((5 / 6) ** 1.5, abs=0.005)
