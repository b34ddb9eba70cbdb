"""Indicators as covariates: the same period of every year, the vintage, related indices, experts.

All figures are made up.
"""

import datetime as dt
import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from benchmarks.planted import planted
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.answer import indicators
from forecast.base import labels
from forecast.data.load.indicators import with_days
from forecast.data.tables import COUNTRY, DOMAINS
from forecast.model.covariates import Covariates

A, B = "An Giang", "Bạc Liêu"
AS_OF = dt.date(2024, 10, 20)
TYPES = ("indicator_code", "name_vi", "name_en", "unit", "component", "sign", "kind", "source", "lag")


def known(rows, *, kind="cumulative", within=np.nan, lag=np.nan, related=(), source=""):
    """What was known: rows of one indicator (area, period, value, published_on), and related figures."""
    types = pd.DataFrame([("x", "Chỉ tiêu", "", "%", "D6", 1.0, kind, source, lag)], columns=list(TYPES))
    columns = ["area", "period", "value", "published_on"]
    figures = pd.DataFrame(list(rows), columns=columns)
    figures = figures.assign(
        indicator_code="x",
        published_on=pd.to_datetime(figures["published_on"]).astype("datetime64[s]"),
        source_url=[f"http://{number}" for number in range(len(figures))],
        trust="press",
        row=range(2, len(figures) + 2),
    )
    told = ["index_code", "component", "area", "year", "score", "max_score", "unit", "published_on"]
    indices = pd.DataFrame(list(related), columns=told).assign(source_url="http://r")
    indices["published_on"] = pd.to_datetime(indices["published_on"]).astype("datetime64[s]")
    return SimpleNamespace(
        indicator_rows=with_days(figures),
        indicator_types=types.assign(within_days=within),
        indicators=figures.assign(indicator_name_vi="Chỉ tiêu"),
        related=indices,
        provinces=(A, B),
    )


def values(told, as_of=AS_OF, target_year=2024):
    """By area and year the value that is taken."""
    found = indicators.figures_at(told, target_year, as_of)
    return dict(zip(zip(found["area"], found["year"], strict=True), found["value"], strict=True))


ROWS = (
    (A, "2022-01..2022-10-20", 29.0, "2022-10-20"),
    (A, "2023-01..2023-09", 25.0, "2023-10-05"),
    (A, "2023-01..2023-10-19", 35.0, "2023-10-19"),
    (A, "2024-01..2024-10-11", 21.2, "2024-10-17"),
    (B, "2024-01..2024-10-11", 30.0, "2024-10-17"),
)


def test_cumulative_figures_are_scaled_to_the_day_of_the_latest_by_hand():
    """Up to 11/10/2024: 284 days of 292 that 19/10/2023 has behind it, 284 of 293 of 20/10/2022."""
    found = values(known(ROWS))

    assert found[A, 2024] == 21.2  # as it is
    assert found[A, 2023] == pytest.approx(35.0 * 284 / 292)
    assert found[A, 2022] == pytest.approx(29.0 * 284 / 293)


def test_every_figure_says_its_day_and_what_was_scaled():
    """The page can name the figure, its day, the day of comparison and the factor."""
    found = indicators.figures_at(known(ROWS), 2024, AS_OF)
    row = found[(found["area"] == A) & (found["year"] == 2023)].iloc[0]

    assert (row["figure"], row["period"]) == (35.0, "2023-01..2023-10-19")
    assert (row["last_day"].date(), row["compared_on"].date()) == (
        dt.date(2023, 10, 19),
        dt.date(2023, 10, 11),
    )
    assert row["factor"] == pytest.approx(284 / 292)


def test_a_level_is_taken_as_it_is_and_the_nearest_day_wins():
    """30/9 is 11 days from 11/10, 19/10 eight: neither is scaled."""
    assert values(known(ROWS, kind="to_date"))[A, 2023] == 35.0


def test_a_figure_too_far_from_the_day_is_none():
    """Seven days: 19/10/2023 is eight away; the catalogue's rule decides."""
    assert (A, 2023) not in values(known(ROWS, within=7.0))
    assert (A, 2023) in values(known(ROWS, within=8.0))


def test_what_was_out_later_in_its_year_was_not_known_on_the_same_day():
    """The figure up to 19/10/2023 that came out on 31/10 does not count on 20/10."""
    late = [row if row[2] != 35.0 else (*row[:3], "2023-10-31") for row in ROWS]

    assert values(known(late))[A, 2023] == pytest.approx(25.0 * 284 / 273)
    assert values(known(late), dt.date(2024, 10, 31))[A, 2023] == pytest.approx(35.0 * 284 / 292)


def test_a_correction_of_a_past_year_counts_from_its_own_day():
    """What was said of 2023 by 20/10/2023 stands, whatever was said of it a year later."""
    corrected = (*ROWS, (A, "2023-01..2023-10-19", 99.0, "2024-03-01"))

    assert values(known(corrected)) == values(known(ROWS))


def test_a_single_month_is_no_figure_since_january():
    """September alone is not compared with January to September; of a level it is a figure."""
    rows = [(A, "2023-09", 5.0, "2023-10-05"), (A, "2024-09", 6.0, "2024-10-05")]

    assert values(known(rows)) == {}
    assert values(known(rows, kind="level")) == {(A, 2023): 5.0, (A, 2024): 6.0}


def test_most_areas_decide_the_day():
    """One area's later figure does not put the others out of reach."""
    rows = [
        *((area, "2024-01..2024-09", 50.0, "2024-10-05") for area in (A, B, COUNTRY)),
        (A, "2024-01..2024-10-15", 60.0, "2024-10-18"),
    ]
    found = indicators.figures_at(known(rows), 2024, AS_OF)

    assert set(found["compared_on"].dt.date) == {dt.date(2024, 9, 30)}
    assert set(found["value"]) == {50.0}


def test_last_years_whole_figure_with_a_lag():
    """A yearly figure of 2023 speaks for 2024."""
    rows = [(A, "2022", 7.0, "2023-01-05"), (A, "2023", 8.0, "2024-01-05")]

    assert values(known(rows, kind="level", lag=1.0)) == {(A, 2023): 7.0, (A, 2024): 8.0}


def test_a_related_index_is_a_covariate_in_percent_of_its_maximum():
    """DTI of the year before, as far as it was out by the day: that of 2023 came out after 20/10."""
    related = [
        ("DTI", "total", A, 2021, 0.4, 1.0, "points", "2022-08-08"),
        ("DTI", "total", A, 2022, 0.5, 1.0, "points", "2023-07-12"),
        ("DTI", "total", A, 2023, 0.6, 1.0, "points", "2024-11-01"),
        ("DTI", "total", B, 2022, np.nan, np.nan, "points", "2023-07-12"),
        ("PCI", "total", B, 2022, 60.0, 100.0, "points", "2023-04-11"),
    ]
    told = known([], source="related:DTI:total", lag=1.0, related=related)

    assert values(told) == {(A, 2022): pytest.approx(40.0), (A, 2023): pytest.approx(50.0)}


def test_covariates_have_a_place_for_every_area_and_year():
    """What is not known is NaN; the country alone speaks for all."""
    found = indicators.covariates_at(known(ROWS), 2024, AS_OF)
    country = [
        (COUNTRY, "2023-01..2023-09", 5.0, "2023-10-05"),
        (COUNTRY, "2024-01..2024-09", 6.0, "2024-10-05"),
    ]
    whole = indicators.covariates_at(known(country), 2024, AS_OF)

    assert (found.areas, found.years, found.names, found.components) == (
        (A, B),
        (2022, 2023, 2024),
        ("x",),
        ("D6",),
    )
    assert found.values[1, :, 0].tolist()[2] == 30.0
    assert np.isnan(found.values[1, :2, 0]).all()
    assert found.sign.tolist() == [1.0]
    assert whole.values[:, :, 0].tolist() == [[5.0, 6.0], [5.0, 6.0]]


def test_without_a_catalogue_there_are_no_covariates():
    """An office's older tables give none, and nothing breaks."""
    told = known(ROWS)
    told.indicator_types = told.indicator_types.iloc[:0]
    found = indicators.covariates_at(told, 2024, AS_OF)

    assert (found.years, found.values.shape) == ((2024,), (2, 1, 0))


def test_what_an_expert_says_by_hand():
    """0.03 to 0.06 is a mean of 0.045 and a deviation of 0.015 / 1.2816; two experts apart doubt more."""
    told = Covariates((A,), (2024,), ("x", "y"), ("D6", "D7"), np.zeros((1, 1, 2)), np.zeros(2))
    said = pd.DataFrame({"indicator_code": "x", "component": "D6", "low": [0.03], "high": [0.06]})
    mean, sd = indicators.expert_effects(said, told)
    both = pd.concat([said, said.assign(low=0.07, high=0.10)])
    mean_2, sd_2 = indicators.expert_effects(both, told)

    assert mean[0] == pytest.approx(0.045)
    assert sd[0] == pytest.approx(0.015 / 1.2815515655)
    assert np.isnan(mean[1])
    assert np.isnan(sd[1])
    assert mean_2[0] == pytest.approx(0.065)
    assert sd_2[0] == pytest.approx(np.hypot(sd[0], 0.02))


@pytest.mark.parametrize(
    ("told", "vi"),
    [
        ({}, "số công bố gần nhất trong 15 ngày, quy theo ngày"),
        ({"kind": "level", "within": 7.0}, "số công bố gần nhất trong 7 ngày"),
        (
            {"source": "related:DTI:total", "lag": 1.0},
            "chỉ số của 1 năm trước đã công bố trước ngày này, phần trăm điểm tối đa",
        ),
    ],
)
def test_the_page_names_the_rule(told, vi):
    """An analyst's rule is a sentence."""
    sentence = json.loads(indicators.comparison(known(ROWS, **told), "x"))

    assert labels.text(sentence["key"], "vi", **sentence["facts"]) == vi


def test_english_pages_have_the_english_name_where_there_is_one():
    """The Vietnamese name stands for one that is missing."""
    told = known(ROWS)
    assert indicators.name_of(told, "x", "en") == "Chỉ tiêu"
    told.indicator_types["name_en"] = "Indicator"
    assert indicators.name_of(told, "x", "en") == "Indicator"
    assert indicators.name_of(told, "x", "vi") == "Chỉ tiêu"


# ---- laws

figure = st.tuples(
    st.sampled_from([A, B, COUNTRY]),
    st.sampled_from([2022, 2023, 2024]),
    st.integers(9, 10),
    st.integers(1, 28),
    st.integers(1, 1000),
    st.integers(0, 60),
)


def rows_of(figures):
    """Rows of figures from January to a day, out some days later."""
    made = {}
    for area, year, month, day, tenths, delay in figures:
        last = dt.date(year, month, day)
        made[area, last] = (area, f"{year}-01..{last}", tenths / 10, str(last + dt.timedelta(delay)))
    return list(made.values())


@settings(max_examples=30, deadline=None)
@given(figures=st.lists(figure, min_size=1, max_size=12), later=st.lists(figure, max_size=6))
def test_a_figure_published_after_the_day_changes_nothing(figures, later):
    """Figures of any year that come out after the day, or after the same day of their year, are not seen."""
    rows = rows_of(figures)
    more = [(*row[:3], f"{int(row[1][:4])}-10-{21 + place}") for place, row in enumerate(rows_of(later))]
    more += [(*row[:3], "2024-11-01") for row in rows_of(later)]

    assert values(known([*rows, *more])) == values(known(rows))


@settings(max_examples=30, deadline=None)
@given(figures=st.lists(figure, min_size=1, max_size=12), order=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(figures, order):
    """Shuffled rows give the same covariates."""
    rows = rows_of(figures)
    mixed = rows.copy()
    order.shuffle(mixed)

    assert values(known(mixed)) == values(known(rows))


@settings(max_examples=30, deadline=None)
@given(figures=st.lists(figure, min_size=1, max_size=12), factor=st.sampled_from([0.5, 2.0, 4.0]))
def test_scaling_to_the_day_is_linear(figures, factor):
    """Twice the figures, twice the covariates, on the same days."""
    rows = rows_of(figures)
    more = [(area, period, factor * value, day) for area, period, value, day in rows]
    once = values(known(rows))

    assert values(known(more)) == {key: pytest.approx(factor * value) for key, value in once.items()}


# ---- what is planted for proofs

MAXIMA = [9.5, 10, 13, 10.5, 15, 12, 13.5, 10, 6.5]


def test_a_planted_effect_is_there_to_be_learnt_and_a_useless_one_is_not():
    """Least squares on the moves of the provinces' deviations finds the effect, and its share of them."""
    rng = np.random.default_rng(5)
    wander = np.cumsum(rng.normal(0, 0.2, (40, 12, 8)), axis=1) + rng.normal(0, 0.3, (40, 1, 8))
    points = np.array([*MAXIMA[:7], 16.5]) * (0.8 + 0.04 * wander)
    truth = pd.DataFrame(
        [
            {"area": f"a{a:02d}", "year": 2012 + t, **dict(zip(DOMAINS, points[a, t], strict=True))}
            for a in range(40)
            for t in range(12)
        ]
    ).assign(total=0.0, rank=0)
    effects = {"used": ("D6", 0.05), "useless": ("D6", 0.0)}
    made = planted(truth, effects, 1, maxima=lambda _: MAXIMA, until=2024)
    score = made.truth.pivot_table(index="area", columns="year", values="D6").to_numpy()
    moves = np.diff(score - score.mean(axis=0), axis=1).ravel()
    x = made.values[:, :12]
    used, useless = (np.diff(x[:, :, k] - x[:, :, k].mean(axis=0), axis=1).ravel() for k in (0, 1))
    slope = used @ moves / (used @ used)

    assert made.kept == 1
    assert slope == pytest.approx(0.05, abs=0.01)
    assert np.corrcoef(used, moves)[0, 1] ** 2 == pytest.approx(0.3, abs=0.08)
    assert np.corrcoef(useless, moves)[0, 1] ** 2 < 0.02
    assert len(made.figures) == 40 * 13 * 2
    assert made.truth["total"].to_numpy() == pytest.approx(made.truth[list(DOMAINS)].sum(axis=1).to_numpy())
