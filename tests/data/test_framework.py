"""Frameworks: which version is in force, as it was known on a day; points, shares, breaks."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecast.data import tables
from forecast.data.framework import (
    COMPONENT_COLUMNS,
    Framework,
    breaks,
    framework_for,
    with_printed,
    with_share,
)

# Made-up versions: "A" of 2017 with two domains, "B" of 2022 with one of them split, one change
# between them whose maxima nobody has, and a change of 2024 that is known only in 2025.
FRAMEWORKS = pd.DataFrame(
    [
        ("A", 2017, 2017, "total", "", 100.0, "read"),
        ("A", 2017, 2017, "D1", "total", 40.0, "read"),
        ("A", 2017, 2017, "D8", "total", 60.0, "read"),
        ("B", 2022, 2024, "total", "", 100.0, "read"),
        ("B", 2022, 2024, "D1", "total", 30.0, "assumed"),
        ("B", 2022, 2024, "D8", "total", 70.0, "read"),
        ("B", 2022, 2024, "D8.sipas", "D8", 50.0, "read"),
        ("B", 2022, 2024, "D8.outcome", "D8", 20.0, "read"),
        ("B", 2022, 2024, "part.appraised", "total", 61.5, "read"),
    ],
    columns=["framework", "first_year", "last_year", "component", "parent", "max_score", "max_status"],
).assign(
    max_low=np.nan,
    max_high=np.nan,
    name_vi="tên",
    name_en="name",
    responsible="",
    source="",
    rule="",
    indicator="",
    deadline=pd.NaT,
)
EVENTS = pd.DataFrame(
    [
        ("PAR", 2017, "framework", "A", "2018-05-02"),
        ("PAR", 2020, "framework", "between", "2020-12-30"),
        ("PAR", 2022, "framework", "B", "2022-11-10"),
        ("PAR", 2024, "framework", "new set", "2025-04-06"),
        ("SIPAS", 2022, "method", "new questionnaire", "2023-04-19"),
    ],
    columns=["index_code", "year", "kind", "what", "known_on"],
).assign(known_on=lambda table: pd.to_datetime(table["known_on"]).astype(tables.DAY_DTYPE))


def framework(year: int, as_of: str, index_code: str = "PAR") -> Framework:
    """Ask for a year's framework as known on a day."""
    return framework_for(FRAMEWORKS, EVENTS, index_code, year, dt.date.fromisoformat(as_of))


@pytest.mark.parametrize(
    ("year", "as_of", "name", "lender", "status"),
    [
        (2023, "2024-10-20", "B", "B", "assumed"),  # in force, on file
        (2024, "2024-10-20", "B", "B", "assumed"),  # the target year, before the change is known
        (2024, "2025-04-06", "new set", "B", "borrowed"),  # the change is known, its maxima are not
        (2022, "2022-11-10", "B", "B", "assumed"),  # known on its very day
        (2022, "2022-11-09", "between", "A", "borrowed"),  # not known the day before
        (2021, "2024-10-20", "between", "B", "borrowed"),  # B is nearer than A
        (2017, "2024-10-20", "A", "A", "read"),
        (2018, "2024-10-20", "A", "A", "read"),  # still in force the year after
        (2012, "2024-10-20", "", "A", "borrowed"),  # older than every version on file
    ],
)
def test_the_version_in_force_as_known(year, as_of, name, lender, status):
    """The latest change known on the day rules; missing maxima are borrowed from the nearest version."""
    found = framework(year, as_of)

    assert (found.name, found.maxima_from, found.max_status("D1")) == (name, lender, status)
    assert found.max_status("total") == "read"


def test_of_two_versions_as_near_the_later_one_lends():
    """2020 lies three years from either; the newer criteria are the likelier."""
    moved = FRAMEWORKS.assign(first_year=FRAMEWORKS["first_year"].replace(2022, 2023))

    found = framework_for(moved, EVENTS, "PAR", 2020, dt.date(2024, 10, 20))

    assert found.maxima_from == "B"


def test_before_any_version_only_the_total_is_known():
    """That the whole has 100 points was known from the start; no domain's maximum was."""
    found = framework(2015, "2016-12-31")

    assert found.components["component"].tolist() == ["total"]
    assert found.maximum("total") == 100


def test_sipas_is_one_percentage():
    """SIPAS has no parts that add up."""
    found = framework(2023, "2024-10-20", "SIPAS")

    assert (found.leaves(), found.maximum("total"), found.name) == (("total",), 100.0, "new questionnaire")
    same = EVENTS.assign(what=EVENTS["what"].replace("new questionnaire", "B"))  # a decision of both
    found = framework_for(FRAMEWORKS.iloc[::-1], same, "SIPAS", 2023, dt.date(2024, 10, 20))
    assert found.components["component"].tolist() == ["total"]


def test_leaves_children_and_parts():
    """Leaves add up to the total; parts cut across the domains and never add to it."""
    found = framework(2023, "2024-10-20")

    assert found.children("total") == ("D1", "D8")
    assert found.children("D8") == ("D8.sipas", "D8.outcome")
    assert found.leaves() == ("D1", "D8.sipas", "D8.outcome")
    assert found.parts() == ("part.appraised",)
    assert sum(found.maximum(leaf) for leaf in found.leaves()) == found.maximum("total")


def test_an_unknown_component_has_no_maximum():
    """It is unknown, not zero."""
    found = framework(2023, "2024-10-20")

    assert np.isnan(found.maximum("D99"))
    assert found.max_status("D99") == ""


def test_one_invented_maximum_makes_a_version_invented():
    """A component or a criterion is enough; nothing that was read or assumed is."""
    sound = framework(2023, "2024-10-20")
    invented = sound.components.assign(max_status="made_up")

    assert not sound.made_up
    assert replace(sound, components=invented).made_up
    assert replace(sound, criteria=invented).made_up


def test_without_departments_nobody_is_in_charge():
    """All else stays."""
    found = framework_for(FRAMEWORKS.assign(responsible="Sở A"), EVENTS, "PAR", 2023, dt.date(2024, 10, 20))
    bare = found.without_departments()

    assert set(found.components["responsible"]) == {"Sở A"}
    assert set(bare.components["responsible"]) == {""}
    pd.testing.assert_frame_equal(bare.components, framework(2023, "2024-10-20").components)


def test_breaks_are_the_years_of_known_changes():
    """A change that was not known on the day is no break on that day."""
    known = tables.as_known(EVENTS, dt.date(2024, 10, 20))

    assert breaks(known, "PAR") == (2017, 2020, 2022)
    assert breaks(EVENTS, "PAR") == (2017, 2020, 2022, 2024)
    assert breaks(known, "SIPAS") == (2022,)
    assert breaks(known, "PCI") == ()


@pytest.mark.parametrize(
    ("row", "share", "status"),
    [
        (("PAR", 2023, "D1", 15.0, "points", np.nan), 0.5, "assumed"),
        (("PAR", 2023, "D1", 15.0, "points", 25.0), 0.6, "read"),  # printed beside the score
        (("PAR", 2023, "D1", 80.0, "percent", 100.0), 0.8, "read"),
        (("PAR", 2023, "D1", 80.0, "percent", np.nan), 0.8, "read"),
        (("PAR", 2023, "total", 87.0, "points", np.nan), 0.87, "read"),
        (("PAR", 2018, "D8.sipas", 25.0, "points", np.nan), 0.5, "borrowed"),  # A has no such component
        (("PAR", 2021, "D1", 15.0, "points", np.nan), 0.5, "borrowed"),
        (("SIPAS", 2023, "total", 82.0, "percent", np.nan), 0.82, "read"),
        (("PAR", 2023, "total", 49.0, "provinces", np.nan), np.nan, ""),
        (("PAR", 2023, "D7.1", 3.0, "points", np.nan), np.nan, ""),
    ],
)
def test_each_score_over_its_maximum_by_hand(row, share, status):
    """Percent of 100; points of the maximum beside them, else of their year's framework."""
    columns = ["index_code", "year", "component", "score", "unit", "max_score"]
    scores = pd.DataFrame([row], columns=columns)

    found = with_share(scores, FRAMEWORKS, EVENTS, dt.date(2024, 10, 20))

    np.testing.assert_allclose(found["share"], [share])
    assert found["share_status"].tolist() == [status]


def test_a_version_not_known_lends_nothing():
    """Before B was known, a score of a component that only B has stays without a maximum."""
    scores = pd.DataFrame(
        [("PAR", 2019, "D8.sipas", 25.0, "points", np.nan)],
        columns=["index_code", "year", "component", "score", "unit", "max_score"],
    )

    found = with_share(scores, FRAMEWORKS, EVENTS, dt.date(2022, 11, 9))

    assert found["maximum"].isna().all()


def test_an_assumed_maximum_has_bounds_and_a_read_one_has_none_but_itself():
    """Bounds are those of the table; without them both ends are the maximum."""
    bounded = FRAMEWORKS.assign(
        max_low=[*[np.nan] * 4, 28.0, *[np.nan] * 4], max_high=[*[np.nan] * 4, 33.5, *[np.nan] * 4]
    )
    found = framework_for(bounded, EVENTS, "PAR", 2023, dt.date(2024, 10, 20))

    assert found.maximum_bounds("D1") == (28.0, 33.5)
    assert found.maximum_bounds("D8") == (70.0, 70.0)
    assert framework(2023, "2024-10-20").maximum_bounds("D1") == (30.0, 30.0)
    assert np.isnan(found.maximum_bounds("D5")).all()
    half = framework_for(bounded.assign(max_low=np.nan), EVENTS, "PAR", 2023, dt.date(2024, 10, 20))
    assert half.maximum_bounds("D1") == (30.0, 30.0)


MAXIMA = dict(zip(tables.DOMAINS, [10.0, 10.0, 14.0, 11.0, 15.0, 12.0, 12.0, 16.0], strict=True))


def printed(year: int, maxima: dict[str, float], areas: int = 3) -> pd.DataFrame:
    """Rows of some areas that print the maxima of their components."""
    rows = [(year, name, high) for name, high in maxima.items() for _ in range(areas)]
    table = pd.DataFrame(rows, columns=["year", "component", "max_score"])
    return table.assign(index_code="PAR", unit="points", score=1.0)


def derived(scores: pd.DataFrame, year: int, as_of: str = "2024-10-20") -> Framework:
    """A year's framework where the maxima beside the scores count too."""
    day = dt.date.fromisoformat(as_of)
    known = with_printed(FRAMEWORKS, tables.as_known(EVENTS, day), scores)
    return framework_for(known, EVENTS, "PAR", year, day)


def test_a_year_that_prints_all_its_maxima_is_a_version():
    """Its maxima are read, and so are those of the other years under the same decision."""
    scores = printed(2020, MAXIMA)
    for year in (2020, 2021):
        found = derived(scores, year)

        assert (found.name, found.maxima_from) == ("between", "between")
        assert {name: found.maximum(name) for name in found.leaves()} == MAXIMA
        assert {found.max_status(name) for name in MAXIMA} == {"read"}
        names = found.components.set_index("component")["name_vi"]
        assert (names["D1"], names["D3"]) == ("tên", "D3")  # that of another version, if one has it


@pytest.mark.parametrize(("outcome", "leaves"), [(6.0, 9), (5.0, 8)])
def test_halves_of_a_domain_count_if_they_make_it_up(outcome, leaves):
    """16 is 10 and 6; with 10 and 5 the domain is known and its halves are not."""
    found = derived(printed(2020, {**MAXIMA, "D8.sipas": 10.0, "D8.outcome": outcome}), 2020)

    assert len(found.leaves()) == leaves
    assert found.maximum("D8") == 16.0


def test_printed_versions_keep_the_form_of_the_table():
    """Columns and their kinds are those of the versions on file; the years are those that print it."""
    numbered = FRAMEWORKS.assign(row=range(2, 2 + len(FRAMEWORKS)))
    scores = pd.concat([printed(2020, MAXIMA), printed(2021, MAXIMA)])
    for table in (FRAMEWORKS, numbered):
        made = with_printed(table, EVENTS, scores).iloc[len(table) :]
        assert made.dtypes.equals(table.dtypes)
        assert set(zip(made["first_year"], made["last_year"], strict=True)) == {(2020, 2021)}
        assert (made.get("row", pd.Series(0, made.index)) == 0).all()
    assert with_printed(FRAMEWORKS, EVENTS, scores.iloc[:0]) is FRAMEWORKS
    assert with_printed(FRAMEWORKS, EVENTS, scores).index.is_unique


def test_a_printed_version_has_the_name_of_the_last_decision_on_the_index():
    """Other events and other indexes name no version; their figures, and percents, are no maxima of it."""
    more = [
        (2021, "PAR", "framework", "second"),
        (2021, "PAR", "areas", "x"),
        (2021, "SIPAS", "framework", "y"),
    ]
    added = pd.DataFrame(more, columns=["year", "index_code", "kind", "what"])
    events = pd.concat([EVENTS, added.assign(known_on=pd.Timestamp("2021-12-31"))], ignore_index=True)
    own = printed(2021, MAXIMA)
    others = [own.assign(index_code="PAPI", max_score=9.0), own.assign(unit="percent", max_score=100.0)]

    made = with_printed(FRAMEWORKS, events, pd.concat([own, *others, *others], ignore_index=True))

    assert set(made["framework"]) - set(FRAMEWORKS["framework"]) == {"second"}


def test_a_version_still_in_use_lends_before_the_next_one():
    """A year within its years has no distance to it; each table counts its rows from nothing."""
    used = FRAMEWORKS.assign(
        last_year=FRAMEWORKS["last_year"].replace(2017, 2020),
        first_year=FRAMEWORKS["first_year"].replace(2022, 2021),
    )
    found = framework_for(used, EVENTS, "PAR", 2020, dt.date(2024, 10, 20))

    assert (found.name, found.maxima_from) == ("between", "A")
    assert tuple(found.components.columns) == COMPONENT_COLUMNS


def test_a_version_on_file_is_not_made_again():
    """What the table says of a decision goes before what its results print."""
    found = derived(printed(2023, MAXIMA), 2023)

    assert (found.maximum("D1"), found.max_status("D1")) == (30.0, "assumed")
    assert not found.components["component"].duplicated().any()


def test_a_year_without_a_known_decision_has_a_version_of_its_own():
    """Before the first decision on file a year's printed maxima are its own alone."""
    found = derived(printed(2012, MAXIMA), 2012)

    assert (found.name, found.maximum("D3"), found.max_status("D3")) == ("2012", 14.0, "read")
    assert derived(printed(2012, MAXIMA), 2013).max_status("D3") == "borrowed"


@pytest.mark.parametrize(
    "maxima",
    [
        {name: high for name, high in MAXIMA.items() if name != "D8"},
        {**MAXIMA, "D8": 15.0},
        {**MAXIMA, "total": 97.5},
    ],
    ids=["one is missing", "they do not add up", "the total is another"],
)
def test_maxima_that_are_not_all_of_a_year_make_no_version(maxima):
    """Then the nearest version lends its own, as before."""
    found = derived(printed(2020, maxima), 2020)

    assert found.max_status("D1") == "borrowed"


def test_one_misprinted_maximum_among_many_rows_does_not_count():
    """What most rows of a component print is taken; where no figure has most of them, there is no version."""
    scores = printed(2020, MAXIMA)
    slip = scores.index[scores["component"] == "D3"]

    once = scores.assign(max_score=scores["max_score"].mask(scores.index == slip[0], 14.5))
    thrice = scores.assign(max_score=scores["max_score"].mask(scores.index.isin(slip), [1, 2, 3] * 8))

    votes = [(3, 14.0, 3, 14.5), (3, 14.5, 3, 14.0), (3, 14.0, 4, 13.0)]  # half of them, or less
    torn = [[printed(2020, {"D3": high}, areas) for areas, high in (vote[:2], vote[2:])] for vote in votes]
    torn[2][1]["max_score"] = [13.0, 13.0, 12.0, 12.0]
    others = scores[scores["component"] != "D3"]
    other_sum = printed(2020, {**MAXIMA, "D1": 9.5}).query("component != 'D3'")

    assert derived(once, 2020).maximum("D3") == 14.0
    for rows in torn:
        for rest in (others, other_sum):  # with 14 or with 14.5 points they add up
            assert derived(pd.concat([rest, *rows]), 2020).max_status("D1") == "borrowed"
    assert derived(thrice, 2020).max_status("D1") == "borrowed"


def test_a_decision_whose_years_print_other_maxima_has_no_version():
    """One of the two years must be wrong, and nobody knows which."""
    other = {**MAXIMA, "D1": 11.0, "D2": 9.0}

    assert (
        derived(pd.concat([printed(2020, MAXIMA), printed(2021, other)]), 2020).max_status("D1") == "borrowed"
    )
