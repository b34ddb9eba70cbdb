"""Doubts about whole tables: planted faults are told, sound tables are not; all figures are made up."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.base import labels
from forecast.data.load import read_vintages
from forecast.data.tables import RELATED
from forecast.intake.doubts import plausible
from forecast.intake.doubts.comparison import compare_years
from forecast.intake.doubts.history import History
from forecast.intake.doubts.scores import Case, judge

REAL = Path(__file__).parents[3] / "data"
YEARS = (2020, 2021, 2022)


@pytest.fixture(scope="module")
def past(made_up, areas):
    """Three made-up years as they would be known."""
    rows = [
        {"area": area, "component": name, "year": year, "percent": 100 * value / made_up.MAXIMA[name]}
        for year in YEARS
        for area, own in made_up.par(areas, year).items()
        for name, value in own.items()
    ]
    return History(pd.DataFrame(rows), {})


@pytest.fixture
def case(made_up, areas):
    """Lay made-up points of 2023 out for judging."""

    def of(points):
        printed = pd.DataFrame(points).T
        printed["total"] = printed.sum(axis=1)
        maxima = {**made_up.MAXIMA, "total": 100.0}
        percent = 100 * printed / pd.Series(maxima)
        ranks = printed["total"].rank(ascending=False, method="min")
        return Case(2023, percent, printed, ranks, made_up.MAXIMA)

    return of


def swapped(points, areas):
    """Two provinces exchanged."""
    return {**points, areas[0]: points[areas[62]], areas[62]: points[areas[0]]}


def columns(points, areas):
    """Two domains exchanged, each within the other's maximum."""
    return {area: {**own, "D1": own["D2"] * 0.95, "D2": own["D1"] / 0.95} for area, own in points.items()}


def slipped(points, areas):
    """Every province with the figures of the next."""
    return dict(zip(areas, [points[area] for area in (*areas[1:], areas[0])], strict=True))


def tenth(points, areas):
    """A tenth of the points."""
    return {area: {name: value / 10 for name, value in own.items()} for area, own in points.items()}


def odd(points, areas):
    """One cell far off."""
    return {**points, areas[5]: {**points[areas[5]], "D5": points[areas[5]]["D5"] - 6}}


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (swapped, "doubt.swap"),
        (columns, "doubt.column"),
        (slipped, "doubt.unlike"),
        (tenth, "doubt.level"),
        (odd, "doubt.jump"),
    ],
)
def test_planted_faults_are_told_by_the_years_before(made_up, areas, past, case, fault, kind):
    """Each silent fault raises its own doubt, and the sound table none."""
    points = made_up.par(areas, 2023)

    assert judge(case(points), past) == []
    assert kind in {doubt.key for doubt in judge(case(fault(points, areas)), past)}


def test_a_column_in_another_unit_is_told_once(made_up, areas, past, case):
    """What is said of the whole column is not said again of cells for which no earlier year is known."""
    points = made_up.par(areas, 2023)
    known = History(past.figures[past.figures["area"] != areas[0]], past.ends)

    doubts = judge(case(tenth(points, areas)), known)

    columns_told, of_cells = (
        {doubt.component for doubt in doubts if doubt.key == key}
        for key in ("doubt.level", "doubt.far_below_all")
    )
    assert columns_told
    assert not columns_told & of_cells


def three_rows(points, before, areas):
    """Three provinces as a year ago."""
    return {**points, **{area: before[area] for area in areas[:3]}}


def one_column(points, before, areas):
    """One domain as a year ago."""
    return {area: {**own, "D3": before[area]["D3"]} for area, own in points.items()}


@pytest.mark.parametrize(("left", "component", "named"), [(three_rows, "", 4), (one_column, "D3", 6)])
def test_what_was_left_from_the_year_before_is_told(made_up, areas, past, case, left, component, named):
    """Some rows of last year's table, or a column: far fewer than half of it, far more than by chance."""
    table = case(left(made_up.par(areas, 2023), made_up.par(areas, 2022), areas))

    [doubt] = judge(table, past)

    assert (doubt.key, doubt.component, doubt.facts["other"]) == ("doubt.left_over", component, 2022)
    assert len(doubt.facts["areas"]) == named  # one more by chance; the sixth says that there are more
    assert component or doubt.facts["areas"][:3] == areas[:3]


def test_criteria_of_few_points_may_stay_as_they_are(areas):
    """All of half a point in every year says nothing of a table, and none in one year nothing of a cell."""
    now = pd.DataFrame({f"1.{n}.1": [100.0] for n in range(1, 9)}, index=areas[:1])
    known = now.rename_axis("area").reset_index().melt("area", var_name="component", value_name="percent")

    for table in (now, 0 * now):
        case = Case(2023, table, table, pd.Series(dtype=float), {})
        assert judge(case, History(known.assign(year=2022), {})) == []


def test_another_years_table_is_told_once(made_up, areas, past, case):
    """Neither what it has of exchanged rows nor of changes is a question of its own."""
    points = swapped(made_up.par(areas, 2022), areas)

    assert [doubt.key for doubt in judge(case(points), past)] == ["doubt.copy"]


@pytest.mark.parametrize(("year", "told"), [(2021, []), (2022, ["doubt.copy"]), (2024, ["doubt.copy"])])
def test_one_figure_is_that_of_the_next_year_or_by_chance_of_another(totals, year, told):
    """Of ten years one has the same figure now and then; who looks at a wrong column, takes the next year."""
    known = totals.figures.assign(
        year=totals.figures["year"].replace(2022, year), percent=lambda f: f["percent"] + f["year"] % 7
    )
    only = History(known[known["year"].isin([2019, year])], {})
    figure = known.loc[(known["area"] == "A5") & (known["year"] == year), "percent"].iloc[-1]
    one = pd.DataFrame({"total": [figure]}, index=["A5"])

    doubts = judge(Case(2023, one, one, pd.Series([np.nan], index=["A5"]), {}), only)

    assert [doubt.key for doubt in doubts] == told


def test_the_two_provinces_are_named(made_up, areas, past, case):
    """An exchange names both provinces."""
    [doubt] = judge(case(swapped(made_up.par(areas, 2023), areas)), past)

    assert {doubt.area, doubt.facts["other_area"]} == {areas[0], areas[62]}


def test_without_other_years_only_the_table_itself_is_judged(made_up, areas, case):
    """No earlier year, no doubt about changes."""
    empty = History(pd.DataFrame(columns=["area", "component", "year", "percent"]), {})

    assert judge(case(swapped(made_up.par(areas, 2023), areas)), empty) == []


@given(seed=st.integers(0, 2**32 - 1))
def test_exchanging_rows_back_takes_the_doubt_away(seed):
    """Whatever the figures: the rows named as exchanged fit the past better once exchanged."""
    rng = np.random.default_rng(seed)
    before = rng.normal(80, 8, (30, 4))
    now = before + rng.normal(0, 3, before.shape)
    now[[3, 7]] = now[[7, 3]]

    found = plausible.swapped_rows(now, before)
    for pair in found:
        now[[pair.first, pair.second]] = now[[pair.second, pair.first]]

    assert plausible.swapped_rows(now, before) == []


@pytest.mark.parametrize(("known", "pairs"), [(True, [(3, 7)]), (False, [])])
def test_rows_are_exchanged_only_where_the_past_of_both_is_known(known, pairs):
    """An odd row fits none the better for fitting a past that nobody knows."""
    rng = np.random.default_rng(1)
    before = rng.normal(80, 8, (40, 4))
    now = before + rng.normal(0, 2, before.shape)
    now[[3, 7]] = now[[7, 3]]
    before[7] = before[7] if known else np.nan

    assert plausible.swapped_rows(now, before) == pairs


@pytest.fixture(scope="module")
def papi(panels):
    """The published panel as it would be known."""
    frame = pd.read_csv(panels / "papi.csv")
    own = frame[frame["component"] != "total"]
    return History(own.assign(percent=10 * own["score"]), {})


@pytest.mark.slow
def test_real_tables_raise_no_doubt(papi):
    """Of twelve real pairs of years (the method changed twice) none is taken for a fault."""
    told = {}
    for year in range(2012, 2024):
        now = papi.table(year)
        earlier = History(papi.figures[papi.figures["year"] < year], {})
        found = judge(Case(year, now, now, pd.Series(np.nan, index=now.index), {}), earlier)
        told[year] = {doubt.key for doubt in found}

    assert {year: keys for year, keys in told.items() if keys} == {}


def test_every_doubt_has_the_words_of_a_rows_note():
    """Else insisting would fail on the one that lacks them."""
    keys = {key.partition(".")[2] for key in labels.catalogue() if key.startswith("doubt.")}

    assert keys == {key.partition(".")[2] for key in labels.catalogue() if key.startswith("doubt_kind.")}


@given(
    usual=st.floats(10.0, 100.0),
    moves=st.lists(st.floats(-9.0, 9.0), min_size=1, max_size=8),
    level=st.floats(-9.0, 9.0),
)
def test_a_slipped_decimal_is_far_and_a_usual_figure_is_not(usual, moves, level):
    """Whatever is usual, also where a tenth of it lies nearer than any limit in points."""
    own, middle = [usual + usual / 10 * move / 9 for move in moves], usual + level / 9

    assert plausible.far(usual / 10, own, middle)
    assert not plausible.far(usual, own, middle)


def test_a_figure_near_one_year_or_the_column_is_not_far():
    """Of several years each must be far; of one, somewhat farther."""
    assert plausible.far(54.0, [80.0, 82.0], 81.0)
    assert not plausible.far(54.0, [80.0], 81.0)
    assert plausible.far(49.0, [80.0], 81.0)
    assert not plausible.far(54.0, [80.0, 60.0], 81.0)
    assert not plausible.far(54.0, [80.0, 82.0], 70.0)
    assert plausible.unlike(2.0, [20.0, 21.0])
    assert not plausible.unlike(20.0, [20.0, 60.0])


@pytest.fixture(scope="module")
def totals():
    """Four made-up years of 30 provinces' totals with their ranks: 81 for the last to 89.7 for the first."""
    rows = [
        {
            "area": f"A{rank}",
            "component": "total",
            "year": year,
            "percent": 90.0 - 0.3 * rank,
            "rank": rank,
        }
        for year in (2019, 2020, 2021, 2022)
        for rank in range(1, 31)
    ]
    return History(pd.DataFrame(rows), {})


@pytest.mark.parametrize(
    ("area", "percent", "rank", "year", "kind"),
    [
        ("A5", 70.0, np.nan, 2023, "doubt.jump"),  # four years known, and the middle, all 15 or more off
        ("A5", 80.4, np.nan, 2023, "doubt.jump"),  # 8.1 below its last year, which no total ever fell
        ("A5", 80.6, np.nan, 2023, ""),
        ("A5", 96.6, np.nan, 2023, "doubt.jump"),  # 8.1 above
        ("A5", 96.4, np.nan, 2023, ""),
        ("A30", 89.5, np.nan, 2023, ""),  # 8.5 above, but only as far from the middle as before
        ("A30", 99.9, np.nan, 2023, "doubt.jump"),
        ("A31", 70.0, np.nan, 2023, "doubt.beyond"),  # nothing known of its own
        ("A31", 72.0, np.nan, 2023, ""),
        ("A31", 75.0, 1, 2023, "doubt.rank_low"),  # the first had 89.7
        ("A31", 82.0, 1, 2023, ""),
        ("A31", 92.0, 30, 2023, "doubt.rank_high"),  # the last had 81
        ("A31", 85.0, 30, 2023, ""),
        ("A31", 85.0, 3, 2022, "doubt.rank_known"),  # 16 of that year have more
        ("A31", 85.0, 55, 2022, "doubt.rank_known"),  # 14 of at most 63 have less
        ("A31", 85.0, 17, 2022, "doubt.no_rank"),  # the 16th has more, and the 17th less
    ],
)
def test_one_total_is_held_against_the_country(totals, area, percent, rank, year, kind):
    """Its own years, all that are known of the index, and the totals and ranks of its year and of others."""
    one = pd.DataFrame({"total": [percent]}, index=[area])

    doubts = judge(Case(year, one, one, pd.Series([rank], index=[area], dtype=float), {}), totals)

    assert [doubt.key for doubt in doubts] == ([kind] if kind else [])


@pytest.mark.parametrize(
    ("change", "doubtful"),
    [
        ({"breaks": (2023,)}, False),  # by how much all others moved is not known
        ({"ends": {(2023, "total"): (75.0, 95.0)}}, False),  # the lowest that was published
        ({"ends": {(2023, "total"): (74.0, 95.0)}}, True),
    ],
)
def test_a_total_is_sudden_where_the_movement_of_all_is_known(totals, change, doubtful):
    """A break of the index leaves it open, and the lowest of the country is sure."""
    one = pd.DataFrame({"total": [75.0]}, index=["A5"])
    case = Case(2023, one, one, pd.Series([np.nan], index=["A5"]), {})

    doubts = judge(case, replace(totals, **change))

    assert [doubt.key for doubt in doubts] == (["doubt.jump"] if doubtful else [])


def test_a_total_is_held_against_the_movement_of_its_whole_table(totals):
    """Where all fall by nine, one that stays is doubted, and none of the others."""
    now = totals.table(2022) - 9.0
    now.loc["A5", "total"] += 9.0

    doubts = judge(Case(2023, now, now, pd.Series(np.nan, index=now.index), {}), totals)

    assert [(doubt.key, doubt.area) for doubt in doubts] == [("doubt.jump", "A5")]


@pytest.mark.parametrize("score", [0.9, 9.4])
def test_one_part_far_from_all_others_of_its_column(score):
    """A part of which no year is known, in a table without totals."""
    parts = pd.DataFrame({"P1": np.linspace(4.1, 5.4, 40), "P2": 5.0}, index=[f"A{n}" for n in range(40)])
    parts.loc["A7", "P1"] = score
    empty = History(pd.DataFrame(columns=["area", "component", "year", "percent"]), {})
    ranks = pd.Series(np.nan, index=parts.index)

    [doubt] = judge(Case(2023, 10 * parts, parts, ranks, {}), empty)

    assert (doubt.key, doubt.area, doubt.component) == ("doubt.alone", "A7", "P1")


@pytest.mark.parametrize(("code", "year"), [("PCI", 2021), ("DTI", 2022)])
def test_published_parts_add_up_by_their_declared_weights(code, year):
    """Parts are printed with one maximum each and count unequally: a real total is not doubted."""
    now = read_vintages(REAL)
    frame = now.frames["related_indices"]
    own = (frame["index_code"] == code) & (frame["year"] == year)
    before = replace(now, frames={**now.frames, "related_indices": frame[~own]})

    def sums(rows):
        after = replace(now, frames={**now.frames, "related_indices": pd.concat([frame[~own], rows])})
        doubts = compare_years(before, after, RELATED)[1]
        return [doubt.area for _, doubt in doubts if doubt.key == "doubt.sum"]

    assert sums(frame[own]) == []
    city = own & (frame["area"] == "TP. Hồ Chí Minh")
    total = city & (frame["component"] == "total")
    wrong = frame.assign(score=frame["score"].mask(total, frame["score"] * 1.01))
    assert sums(wrong[own]) == ["TP. Hồ Chí Minh"]
