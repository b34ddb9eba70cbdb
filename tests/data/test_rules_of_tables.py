"""The rules of figures, frameworks, years and units on tables made by hand, each broken once, and its edges.

No folder is read, so that `make mutate` can try these tests often.  All figures are made up.
"""

import datetime as dt

import pandas as pd
import pytest

from forecast.data import tables
from forecast.data.load import area_rules, figure_rules, framework_rules, year_rules
from forecast.data.load.areas import gazetteer
from forecast.data.load.cells import parse_table
from forecast.data.load.files import Rows
from forecast.data.load.rules import Checked, broken_rules, days_to_come, repeated_rows, wrong_in_scenarios
from forecast.data.scenarios import Scenario

CITY = "TP. Hồ Chí Minh"
NAMES = (*("Việt Nam", "Đông Nam Bộ", CITY, "Hà Nội"),)
KINDS = ("country", "region", "province", "province")


def checked(of: tables.Table, *rows: dict[str, object]) -> Checked:
    """A table of rows that are numbered from 2, as in a file; what a row does not say is empty."""
    cells = {name: [str(row.get(name, "")) for row in rows] for name in of.names}
    read = Rows(of.file, tuple(range(2, 2 + len(rows))), cells, "")
    frame, _, bad = parse_table(read, of, None)
    return Checked(of, read, frame, frozenset(bad))


def table(of: tables.Table, *rows: dict[str, object]) -> pd.DataFrame:
    """The typed cells of such a table."""
    return checked(of, *rows).frame


AREAS = table(tables.AREAS, *({"area": n, "kind": k} for n, k in zip(NAMES, KINDS, strict=True)))
PLACES = gazetteer(AREAS)[0]


def told(rule, frame, **frames):
    """What a rule says of its table beside others: row, column, key, facts."""
    return [(row, column, key, facts) for row, column, key, facts in rule(frame, frames, PLACES)]


def keys(rule, frame, **frames):
    """The same without the facts."""
    return [finding[:3] for finding in told(rule, frame, **frames)]


# ---- frameworks

OLD = {"framework": "876/QĐ-BNV", "first_year": 2022, "last_year": 2024, "max_status": "read", "name_vi": "x"}
NEW = {**OLD, "framework": "999/QĐ-BNV", "first_year": 2025, "last_year": 2026}
PARTS = (  # component, parent, maximum
    *(("total", "", 100), ("D1", "total", 60), ("D8", "total", 40), ("D8.sipas", "D8", 30)),
    *(("D8.outcome", "D8", 10), ("1.1", "D1", 60), ("1.1.1", "1.1", 60), ("part.survey", "total", 25)),
)


def version(of=OLD, **changes):
    """All rows of a version, with changes of cells by component."""
    return [
        {**of, "component": name, "parent": parent, "max_score": high}
        | changes.get(name.replace(".", "_"), {})
        for name, parent, high in PARTS
    ]


def frameworks(*rows, **frames):
    """What is said of versions."""
    return told(framework_rules.frameworks, table(tables.FRAMEWORKS, *rows), **frames)


def test_sound_versions_that_follow_each_other_are_good():
    """The new one begins in the year after the old one's last."""
    assert frameworks(*version(), *version(NEW)) == []


@pytest.mark.parametrize(
    ("years", "found"),
    [
        ((2025, 2025), []),
        ((2024, 2026), ["first_year"]),
        ((2022, 2022), ["first_year"]),
        ((2023, 2023), ["first_year"]),
        ((2020, 2026), ["last_year"]),
        ((2020, 2022), ["last_year"]),
        ((2020, 2021), []),
    ],
)
def test_two_versions_of_a_year_are_told_with_the_years_of_the_earlier(years, found):
    """At the end that reaches into them, once, at the first row of the later."""
    later = {**NEW, "first_year": years[0], "last_year": years[1]}
    facts = {"framework": "876/QĐ-BNV", "first": 2022, "last": 2024}

    expected = [(10, column, "expect.free_years", facts) for column in found]
    assert frameworks(*version(), *version(later)) == expected


def test_versions_of_two_indexes_may_be_of_one_year():
    """Whose a version is, events say; what they do not name is the main index's."""
    later = version({**NEW, "first_year": 2024})
    events = [
        {"index_code": code, "year": 2022, "kind": "framework", "what": what}
        for code, what in (("DTI", "999/QĐ-BNV"), ("PAR", "876/QĐ-BNV"))
    ]

    assert frameworks(*version(), *later, events=table(tables.EVENTS, *events)) == []
    assert len(frameworks(*version(), *later, events=table(tables.EVENTS, events[1]))) == 1


def test_a_version_is_of_years_in_which_there_is_its_index():
    """The main one's, or another's by the events."""
    early = version({**OLD, "first_year": 2019, "last_year": 2019})
    event = {"index_code": "DTI", "year": 2020, "kind": "framework", "what": "876/QĐ-BNV"}
    facts = {"index_code": "DTI", "first": 2020}

    assert frameworks(*early) == []
    assert frameworks(*early, events=table(tables.EVENTS, event)) == [
        (2, "first_year", "expect.year_of_index", facts)
    ]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"D1": {"first_year": 2021}}, [(3, "first_year", "expect.years_of_framework")]),
        ({"D1": {"last_year": 2025}}, [(3, "last_year", "expect.years_of_framework")]),
        ({"D1": {"max_score": 60.004}}, []),
        ({"D1": {"max_score": 61}}, [(2, "max_score", "expect.sum"), (3, "max_score", "expect.sum")]),
        (
            {"1_1_1": {"max_score": 0}},
            [(8, "max_score", "expect.above_zero"), (7, "max_score", "expect.sum")],
        ),
        (
            {"part_survey": {"component": "D3.appraised"}},
            [(9, "component", "expect.no_appraised_maximum"), (9, "parent", "expect.parent")],
        ),
        ({"1_1_1": {"parent": "9.9"}}, [(8, "parent", "expect.choice")]),
        ({"1_1": {"parent": "total"}}, [(7, "parent", "expect.below_domain")]),
        ({"1_1": {"parent": "part.survey"}}, [(7, "parent", "expect.below_domain")]),
        ({"D8_sipas": {"parent": "total"}}, [(5, "parent", "expect.parent")]),
        ({"D1": {"parent": "D8"}}, [(3, "parent", "expect.parent")]),
        ({"D8_sipas": {"parent": "9.9"}}, [(5, "parent", "expect.choice")]),
        ({"total": {"parent": "D1"}}, [(2, "parent", "expect.parent")]),
        (
            {"1_1": {"parent": "1.1.1"}},
            [(7, "parent", "expect.no_circle_of_parents"), (8, "parent", "expect.no_circle_of_parents")],
        ),
        ({"D1": {"max_low": 59, "max_high": 61, "max_status": "assumed"}}, []),
        ({"D1": {"max_low": 60, "max_high": 60, "max_status": "assumed"}}, []),
        ({"D1": {"max_low": 61, "max_high": 62, "max_status": "assumed"}}, ["max_low bounds_of_maximum"]),
        ({"D1": {"max_low": 58, "max_high": 59, "max_status": "assumed"}}, ["max_high bounds_of_maximum"]),
        ({"D1": {"max_low": 59, "max_status": "assumed"}}, ["max_low both_bounds"]),
        ({"D1": {"max_high": 61, "max_status": "assumed"}}, ["max_high both_bounds"]),
        (
            {"D1": {"max_low": 59, "max_high": 61}},
            ["max_low bounds_of_assumed", "max_high bounds_of_assumed"],
        ),
    ],
)
def test_a_row_out_of_place_is_told(changes, found):
    """Years, sums, parents and bounds; what is within a rounding is good."""
    expected = [
        (3, each.split()[0], f"expect.{each.split()[1]}") if isinstance(each, str) else each for each in found
    ]
    said = [finding[:3] for finding in frameworks(*version(**changes))]
    assert [each for each in said if each[2] != "expect.sum" or each in expected] == expected


def test_what_a_framework_is_told_with():
    """The years of the version, the sum of its parts, the due parent."""
    (years,) = frameworks(*version(D1={"last_year": 2025}))
    sums = frameworks(*version(D1={"max_score": 61}))
    (parent, *_) = frameworks(*version(D8_sipas={"parent": "total"}))
    reversed_ = frameworks(*version({**OLD, "last_year": 2021}))
    same = frameworks(*version({**OLD, "last_year": 2022}))

    assert years[3] == {"framework": "876/QĐ-BNV", "first": 2022, "last": 2024}
    assert [finding[3]["sum"] for finding in sums] == [101.0, 60.0]
    assert parent[3] == {"parent": "D8"}
    assert {(key, facts["first"]) for _, _, key, facts in reversed_} == {("expect.not_before", 2022)}
    assert len(reversed_) == len(PARTS)
    assert same == []


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("876/QĐ-BNV", ""),
        ("2024", ""),
        ("3024", "expect.decision_near"),
        ("1011", "expect.decision_near"),
        ("QĐ số 1011/QD-BNV", "expect.decision_near"),
        ("123456/QĐ-X", "expect.decision"),
        ("abc", "expect.decision"),
        ("=1", "expect.decision"),
    ],
)
def test_a_version_has_the_number_of_a_decision(name, key):
    """Or a year; told once, at its first row."""
    found = frameworks(*version(), *version({**NEW, "framework": name}))
    assert [finding[:3] for finding in found] == ([(10, "framework", key)] if key else [])


# ---- figures

SCORE = {
    "index_code": "PAR",
    "year": 2023,
    "area": CITY,
    "component": "total",
    "statistic": "value",
    "score": 86.97,
    "unit": "percent",
    "published_on": "2024-04-17",
    "source_day": "2024-04-17",
}
VERSIONS = table(
    tables.FRAMEWORKS,
    *version(),
    *version({**OLD, "framework": "1/QĐ-BNV", "first_year": 2020} | {"last_year": 2021}),
)
COUNT = {"area": "Đông Nam Bộ", "statistic": "count:group_A", "unit": "provinces"}


def scores(change, **frames):
    """What is said of one score."""
    return told(
        figure_rules.scores, table(tables.SCORES, SCORE | change), **{"frameworks": VERSIONS, **frames}
    )


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"score": 100}, []),
        ({"score": 100.5}, ["score at_most"]),
        ({"unit": "points", "score": 100.5}, ["score at_most"]),
        ({"unit": "points", "score": 100}, []),
        ({"score": ""}, ["score score_or_rank"]),
        ({"score": "", "rank": 3}, []),
        ({"rank": 2.5}, ["rank whole_rank"]),
        ({"max_score": 0, "unit": "points", "score": 0}, ["max_score above_zero"]),
        ({"max_score": 101, "unit": "points"}, ["max_score at_most", "max_score maximum_of_framework"]),
        ({"max_score": 100, "unit": "points"}, []),
        ({"max_score": 90}, ["max_score percent_maximum"]),
        ({"max_score": 100}, []),
        ({"year": 2011, "published_on": "2012-04-17"}, ["year year_of_index"]),
        ({"year": 2012}, []),
        ({"published_on": "2023-12-31"}, ["published_on after_year"]),
        ({"published_on": "2024-01-01", "source_day": "2024-01-01"}, []),
        ({"source_day": "2024-04-16"}, ["source_day not_before_publication"]),
        ({"component": "access"}, ["component choice"]),
        ({"component": "1.1", "score": 50}, []),
        ({"component": "9.9", "score": 50}, ["component choice"]),
        ({"index_code": "SIPAS", "component": "1.1"}, ["component choice"]),
        ({"component": "D3.appraised", "unit": "points", "score": 5}, ["max_score appraised_maximum"]),
        ({"component": "D3.appraised", "unit": "points", "score": 5, "max_score": 6}, []),
        ({"component": "D3.appraised"}, []),
        ({"area": "Việt Nam"}, ["area province"]),
        ({"area": f"{CITY}/Quận 1"}, ["area province"]),
        ({"statistic": "mean"}, ["area group_of_provinces"]),
        ({"statistic": "mean", "area": "Đông Nam Bộ"}, []),
        ({**COUNT, "score": 63}, []),
        ({**COUNT, "score": 64}, ["score at_most"]),
        ({**COUNT, "score": 5, "unit": "percent"}, ["unit unit_of_count"]),
        ({"unit": "provinces"}, ["unit unit_of_count"]),
    ],
)
def test_a_score_that_cannot_be_is_told(change, found):
    """Alone, at its cell; the edges are good."""
    expected = [(2, *each.split()) for each in found]
    assert [(row, column, key.removeprefix("expect.")) for row, column, key, _ in scores(change)] == expected


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"score": 60}, []),
        ({"score": 60.1}, [("score", "expect.at_most_framework", 60.0, "876/QĐ-BNV")]),
        ({"score": 60.1, "year": 2021}, [("score", "expect.at_most_framework", 60.0, "1/QĐ-BNV")]),
        ({"score": 60.1, "year": 2025, "published_on": "2026-04-17", "source_day": "2026-04-17"}, []),
        ({"score": 60.1, "unit": "percent"}, []),
        ({"score": 1, "max_score": 1}, [("max_score", "expect.maximum_of_framework", 60.0, "876/QĐ-BNV")]),
        ({"score": 50, "max_score": 60}, []),
        ({"score": 50, "max_score": 60.004}, []),
        (
            {"score": 50, "max_score": 60.006},
            [("max_score", "expect.maximum_of_framework", 60.0, "876/QĐ-BNV")],
        ),
        (
            {"score": 50, "max_score": 59.9},
            [("max_score", "expect.maximum_of_framework", 60.0, "876/QĐ-BNV")],
        ),
    ],
)
def test_points_are_held_against_the_framework_of_their_year(change, found):
    """The score where no maximum stands beside it, else the maximum."""
    said = scores({"component": "D1", "unit": "points", **change})
    assert [(column, key, facts["high"], facts["framework"]) for _, column, key, facts in said] == found


def test_a_maximum_that_is_assumed_judges_none_that_was_printed():
    """Nor does a version whose own sums are off, which is told already, nor one of another index."""
    point = {"component": "D1", "unit": "points", "score": 50, "max_score": 70}
    assumed = table(tables.FRAMEWORKS, *version(D1={"max_status": "assumed"}))
    odd = table(tables.FRAMEWORKS, *version(D1={"max_score": 61}))

    assert len(scores(point)) == 1
    assert scores(point, frameworks=assumed) == []
    assert scores(point, frameworks=odd) == []
    assert scores({**point, "component": "total", "max_score": "", "score": 99}) == []


def test_no_criterion_is_unknown_where_the_frameworks_are_bad():
    """That table is told already; what the index declares is judged as ever."""
    none = VERSIONS.iloc[:0]
    assert scores({"component": "9.9"}, frameworks=none) == []
    assert [found[1] for found in scores({"component": "access"}, frameworks=none)] == ["component"]
    assert [found[1] for found in scores({"component": "9.9"})] == ["component"]


RELATED = {
    "index_code": "PAPI",
    "year": 2023,
    "area": CITY,
    "component": "total",
    "score": 44,
    "unit": "points",
    "published_on": "2024-05-09",
    "source_day": "2024-05-09",
}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"score": 80}, []),
        ({"score": 80.1}, ["score at_most"]),
        ({"score": 60.1, "year": 2017}, ["score at_most"]),
        ({"component": "P1", "score": 10}, []),
        ({"component": "P1", "score": 10.1}, ["score at_most"]),
        ({"component": "P9", "score": 9}, ["component choice_near"]),
        ({"index_code": "DTI", "score": 1}, []),
        ({"index_code": "DTI", "score": 1.1}, ["score at_most"]),
        ({"index_code": "DTI", "score": 1, "year": 2019}, ["year year_of_index"]),
        ({"score": 90, "unit": "percent"}, []),
        ({"published_on": "2023-05-09"}, ["published_on after_year"]),
        ({"area": f"{CITY}/Quận 1"}, ["area no_unit_below"]),
        ({"area": "Việt Nam"}, []),
    ],
)
def test_a_related_figure_that_cannot_be_is_told(change, found):
    """By the scale of its publisher in its year."""
    said = keys(figure_rules.related, table(tables.RELATED, RELATED | change))
    assert said == [(2, each.split()[0], f"expect.{each.split()[1]}") for each in found]


def test_a_bound_is_told_with_its_figure():
    """The maximum beside a score, else that of the scale, else 100."""
    highs = [
        scores({"score": 101})[0][3],
        scores({"unit": "points", "score": 10, "max_score": 9, "component": "part.impact"})[0][3],
        scores({**COUNT, "score": 64})[0][3],
        told(figure_rules.related, table(tables.RELATED, RELATED | {"score": 81}))[0][3],
    ]
    assert [facts["high"] for facts in highs] == [100.0, 9.0, 63.0, 80.0]


def test_a_figure_is_of_an_area_of_its_year():
    """Where areas change: by the end of the year; a rank is among those that there were."""
    change = {"area": CITY, "part": "Hà Nội", "from_day": "2023-07-01", "known_on": "2023-06-01"}
    lineage = table(tables.LINEAGE, change, {**change, "part": CITY})

    def of(**cells):
        return [(f[1], f[2]) for f in scores(cells, areas=AREAS, lineage=lineage)]

    assert of(area="Hà Nội", year=2022) == []
    assert of(area="Hà Nội", year=2023) == [("area", "expect.area_ended")]
    assert of(rank=1, year=2023) == []
    assert of(rank=2, year=2023) == [("rank", "expect.rank_of_year")]
    assert of(rank=63, year=2022) == []
    assert scores({"rank": 63}, areas=AREAS) == scores({"rank": 63}, lineage=lineage) == []


FIRST, SECOND = "2025-07-01", "2026-07-01"


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ([(CITY, "Hà Nội", FIRST), (CITY, CITY, FIRST)], []),
        ([("Hà Nội", "Hà Nội", FIRST)], []),
        ([(CITY, "Hà Nội", FIRST)], []),  # as if the name were new
        ([("Atlantis", "Hà Nội", FIRST)], [(2, "area", "expect.choice")]),
        ([(CITY, "Atlantis", FIRST), (CITY, CITY, FIRST)], [(2, "part", "expect.choice")]),
        ([(CITY, CITY, FIRST), (CITY, "Đông Nam Bộ", FIRST)], [(3, "part", "expect.choice")]),
        (
            [(CITY, "Hà Nội", FIRST), (CITY, CITY, FIRST), ("Hà Nội", "Hà Nội", SECOND)],
            [(4, "part", "expect.choice")],
        ),
        ([(CITY, "Hà Nội", FIRST), (CITY, CITY, FIRST), (CITY, CITY, SECOND)], []),
        ([(CITY, CITY, FIRST), (CITY, "Hà Nội", SECOND)], [(3, "area", "expect.own_part")]),
        (
            [("Hà Nội", CITY, FIRST), ("Hà Nội", CITY, SECOND)],
            [(3, "part", "expect.choice"), (3, "area", "expect.own_part")],
        ),
    ],
)
def test_areas_are_made_of_areas_that_there_are(changes, found):
    """On the day; one that goes on is a part of itself.  Without the areas nothing is known of a day."""
    names = ("area", "part", "from_day")
    rows = table(tables.LINEAGE, *(dict(zip(names, change, strict=True)) for change in changes))
    assert keys(area_rules.lineage, rows, areas=AREAS) == found
    strange = not {name for area, part, _ in changes for name in (area, part)} <= {CITY, "Hà Nội"}
    assert keys(area_rules.lineage, rows) == (found if strange else [])


# ---- years


def test_a_result_is_out_after_its_year_and_of_a_year_of_its_index():
    """On its last day it is too early; in the first year it is good."""
    rows = [
        {"index_code": "PAR", "year": 2012, "announced_on": "2013-01-01"},
        {"index_code": "PAR", "year": 2023, "announced_on": "2023-12-31"},
        {"index_code": "PAR", "year": 1990, "announced_on": "2001-01-01"},
        {"index_code": "PCI", "year": 2004, "announced_on": "2005-01-01"},
    ]
    assert told(year_rules.announcements, table(tables.ANNOUNCEMENTS, *rows)) == [
        (4, "year", "expect.year_of_index", {"index_code": "PAR", "first": 2012}),
        (5, "year", "expect.year_of_index", {"index_code": "PCI", "first": 2005}),
        (3, "announced_on", "expect.after_year", {}),
    ]


def test_a_change_of_framework_names_a_decision_and_is_not_before_it():
    """A method may be called as people call it; a decision that no table holds may be of any year."""
    event = {"index_code": "PAR", "year": 2022, "kind": "framework", "what": "876/QĐ-BNV"}
    rows = [
        event,
        {**event, "year": 2021},
        {**event, "year": 2030},
        {**event, "what": "abc"},
        {**event, "what": "abc", "kind": "method"},
        {**event, "what": "5/QĐ-BNV", "year": 2012},
        {**event, "what": "5/QĐ-BNV", "year": 2011},
    ]
    assert told(year_rules.events, table(tables.EVENTS, *rows), frameworks=VERSIONS) == [
        (8, "year", "expect.year_of_index", {"index_code": "PAR", "first": 2012}),
        (3, "year", "expect.year_of_framework", {"framework": "876/QĐ-BNV", "first": 2022}),
    ]


TARGET = {"index_code": "PAR", "area": CITY, "year": 2024, "quantity": "rank", "relation": "<=", "value": 15}
POINTS = {"quantity": "points", "relation": ">=", "value": 88}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"value": 1}, []),
        ({"value": 63}, []),
        ({"value": 64}, [("value", "expect.at_most", 63.0)]),
        ({"value": 0}, [("value", "expect.at_most", 63.0)]),
        (POINTS, []),
        ({**POINTS, "value": 100}, []),
        ({**POINTS, "value": 100.5}, [("value", "expect.at_most", 100.0)]),
        ({"relation": ">="}, [("relation", "expect.relation_of_target", "<=")]),
        ({**POINTS, "relation": "<="}, [("relation", "expect.relation_of_target", ">=")]),
        ({**POINTS, "relation": "<=", "index_code": "late_dossiers"}, []),
        ({"index_code": "late_dossiers"}, [("index_code", "expect.choice", "")]),
        ({"year": 2011}, [("year", "expect.year_of_index", 2012)]),
        ({"area": f"{CITY}/Quận 1"}, [("area", "expect.no_unit_below", None)]),
    ],
)
def test_a_target_that_cannot_be_is_told(change, found):
    """Beyond all ranks or points, or aimed at from the wrong side."""
    said = told(year_rules.targets, table(tables.TARGETS, TARGET | change))
    names = ("high", "due", "first", "near")
    assert [(c, k, next((f[n] for n in names if n in f), None)) for _, c, k, f in said] == found


# ---- units

UNIT = {"unit": "Sở A", "kind": "department", "area": CITY, "aliases": "SA|Sở An"}
OTHER = {"unit": "Sở B", "kind": "department", "area": CITY}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"aliases": "SB|Sở Bê"}, []),
        (
            {"aliases": "SB|sở a"},
            [("aliases", "expect.spelling_of_unit", {"spelling": "sở a", "owner": "Sở A"})],
        ),
        ({"aliases": "SA"}, [("aliases", "expect.spelling_of_unit", {"spelling": "SA", "owner": "Sở A"})]),
        ({"aliases": "SB|SB"}, [("aliases", "expect.aliases", {})]),
        ({"aliases": "Sở B"}, [("aliases", "expect.aliases", {})]),
        ({"aliases": "SB|"}, [("aliases", "expect.aliases", {})]),
        ({"aliases": "SB|=1"}, [("aliases", "expect.aliases", {})]),
        ({"from_day": "2024-01-02", "to_day": "2024-01-01"}, [("to_day", "expect.not_before_from_day", {})]),
        ({"from_day": "2024-01-01", "to_day": "2024-01-01"}, []),
        ({"to_day": "2024-01-01", "successor": "Sở A"}, []),
        ({"successor": "Sở A"}, [("to_day", "expect.day_of_end", {})]),
        ({"to_day": "2024-01-01", "successor": "Sở B"}, [("successor", "expect.no_circle_of_units", {})]),
    ],
)
def test_a_unit_that_cannot_be_is_told(change, found):
    """Of the later of two rows where both claim one spelling."""
    said = told(area_rules.units, table(tables.ORGANS, UNIT, OTHER | change))
    assert [(column, key, facts) for _, column, key, facts in said] == found
    assert {row for row, *_ in said} <= {3}


def test_a_name_goes_before_what_others_are_called():
    """The alias is told, also where its row comes first."""
    said = told(area_rules.units, table(tables.ORGANS, UNIT, {**OTHER, "unit": "SA"}))
    assert said == [(2, "aliases", "expect.spelling_of_unit", {"spelling": "SA", "owner": "SA"})]


def test_units_that_follow_each_other_in_a_circle_are_told():
    """Each of them; not the one that leads into the circle."""
    ended = {**OTHER, "to_day": "2024-01-01"}
    rows = [
        {**ended, "unit": name, "successor": after} for name, after in (("A", "B"), ("B", "C"), ("C", "B"))
    ]
    said = keys(area_rules.units, table(tables.ORGANS, *rows))
    assert said == [(number, "successor", "expect.no_circle_of_units") for number in (3, 4)]


# ---- all tables together


def test_a_day_after_today_is_told():
    """Today's is good; of each column of days that says when something was known."""
    rows = [{**SCORE, "published_on": f"2024-04-{day}", "source_day": "2024-04-18"} for day in (17, 18, 19)]
    event = {
        "index_code": "PAR",
        "year": 2022,
        "kind": "framework",
        "what": "1/QĐ-BNV",
        "known_on": "2024-05-01",
    }
    found = days_to_come(
        {"scores": checked(tables.SCORES, *rows), "events": checked(tables.EVENTS, event)},
        dt.date(2024, 4, 18),
    )
    assert [(p.file, p.row, p.column, p.value) for p in found] == [
        ("scores.csv", 4, "published_on", "2024-04-19"),
        ("events.csv", 2, "known_on", "2024-05-01"),
    ]


RATE = {
    "indicator_code": "rate",
    "name_vi": "Tỷ lệ",
    "unit": "%",
    "component": "D1",
    "sign": 1,
    "kind": "level",
}
GROWTH = {**RATE, "indicator_code": "growth", "name_vi": "Tăng trưởng"}
COUNTED = {**RATE, "indicator_code": "count", "name_vi": "Số hồ sơ", "unit": "hồ sơ"}
FIGURE = {"area": CITY, "period": "2023", "published_on": "2024-01-15", "source_url": "x", "trust": "press"}
OVER = {**FIGURE, "indicator_code": "over", "indicator_name_vi": "Tỷ lệ so với kế hoạch", "unit": "%"}


@pytest.mark.parametrize(
    ("scenario", "found"),
    [
        ({"indicators": {"rate": 100}, "points": {"total": 1, "D1": 1, "1.1": 1}}, []),
        ({"indicators": {"rate": 100.5}}, [("s.indicators.rate", "expect.at_most")]),
        ({"indicators": {"rate": -0.5}}, [("s.indicators.rate", "expect.at_least")]),
        ({"indicators": {"rate": 0}}, []),
        ({"indicators": {"growth": -3}}, []),
        ({"indicators": {"count": 500}}, []),
        ({"indicators": {"count": -1}}, [("s.indicators.count", "expect.at_least")]),
        ({"indicators": {"over": 130}}, []),
        ({"indicators": {"none": 1}}, [("s.indicators", "expect.choice")]),
        ({"points": {"2.1": 1}}, [("s.points", "expect.choice")]),
        ({"points": {"D1.appraised": 1}}, [("s.points", "expect.choice")]),
        ({"points": {"D3": 1}}, []),
    ],
)
def test_a_scenario_names_what_there_is_and_values_that_can_be(scenario, found):
    """A share of up to 100 percent unless it has been more; a growth of any sign."""
    known = {
        "frameworks": checked(tables.FRAMEWORKS, *version()),
        "indicators": checked(tables.INDICATORS, {**OVER, "value": 120}, {**OVER, "value": 90}),
        "indicator_types": checked(tables.INDICATOR_TYPES, RATE, GROWTH, COUNTED),
    }
    said = wrong_in_scenarios([Scenario(scenario_id="s", name_vi="s", **scenario)], known)
    assert [(p.column, p.expected_key.removesuffix("_near")) for p in said] == found


def test_scenarios_are_judged_by_the_tables_that_could_be_read():
    """Where that of figures is bad, what the catalogue lacks is unknown, and no value is judged."""
    known = {"indicator_types": checked(tables.INDICATOR_TYPES, RATE)}
    scenarios = [Scenario(scenario_id="s", name_vi="s", indicators={"rate": 500}, points={"total": 1})]
    assert wrong_in_scenarios(scenarios, known) == []
    assert len(wrong_in_scenarios(scenarios, {**known, "indicators": checked(tables.INDICATORS)})) == 1


def test_rules_are_given_good_rows_and_the_tables_that_they_read():
    """A repeat is told by itself; of scores also a bad row is judged, by what its good cells say."""
    score = {**SCORE, "source_url": "x", "trust": "press"}
    repeat = checked(tables.SCORES, score, score)
    assert [(p.row, p.expected_facts["first"]) for p in repeated_rows(repeat)] == [(3, 2)]

    odd = {**OTHER, "kind": "x", "aliases": "SA"}
    for units, rows in (
        ([{**UNIT, "aliases": "SA|SA"}, odd], []),
        ([UNIT, {**odd, "kind": "department"}], [3]),
    ):
        found = broken_rules({"units": checked(tables.ORGANS, *units)}, PLACES)
        assert [problem.row for problem in found] == rows
    event = {"index_code": "PAR", "year": 2021, "kind": "framework", "what": "876/QĐ-BNV"}
    both = {"events": checked(tables.EVENTS, event), "frameworks": checked(tables.FRAMEWORKS, *version())}
    for change, files in (("", ["events.csv"]), ("frameworks", ["events.csv"]), ("scores", [])):
        assert [problem.file for problem in broken_rules(both, PLACES, changed=change)] == files
