"""Rules that need more than one cell, each broken once in a copy of the real tables."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from forecast.base.errors import DataError
from forecast.data import load
from forecast.data.framework import framework_for

REAL = Path(__file__).parents[2] / "data"
AS_OF = date(2024, 10, 20)
NEXT = len((REAL / "scores.csv").read_text(encoding="utf-8").splitlines()) + 1  # the first row after the last
SOURCE = "2024-04-17,2024-04-17,http://x,press,made up\n"
CITY = "PAR,2023,TP.HCM"

# Rows that follow the last of scores.csv; each breaks one rule.  All figures are made up.
BROKEN_SCORES = [
    (f"{CITY},total,value,101,percent,,,{SOURCE}", "score", "expect.at_most"),
    (f"{CITY},total,value,101,points,,,{SOURCE}", "score", "expect.at_most"),
    (f"{CITY},D1,value,9.6,points,9.5,,{SOURCE}", "score", "expect.at_most"),
    (f"{CITY},D1,value,9.6,points,,,{SOURCE}", "score", "expect.at_most_framework"),
    (f"{CITY},D3,value,90,percent,13,,{SOURCE}", "max_score", "expect.percent_maximum"),
    (f"{CITY},D3,value,0,points,0,,{SOURCE}", "max_score", "expect.above_zero"),
    (f"{CITY},D3,value,,percent,,,{SOURCE}", "score", "expect.score_or_rank"),
    (f"{CITY},D3,value,,percent,,2.5,{SOURCE}", "rank", "expect.whole_rank"),
    (f"{CITY},D3,value,,percent,,64,{SOURCE}", "rank", "expect.at_most"),
    (f"{CITY},D3,value,-1,percent,,,{SOURCE}", "score", "expect.at_least"),
    (f"{CITY},D9,value,90,percent,,,{SOURCE}", "component", "expect.choice_near"),
    (f"{CITY},access,value,90,percent,,,{SOURCE}", "component", "expect.choice"),
    (f"SIPAS,2023,TP.HCM,D1,value,90,percent,,,{SOURCE}", "component", "expect.choice"),
    (f"{CITY},total,mean,90,percent,,,{SOURCE}", "area", "expect.group_of_provinces"),
    (f"PAR,2023,Cả nước,total,value,90,percent,,,{SOURCE}", "area", "expect.province"),
    (f"PAR,2023,TP.HCM/Quận 1,total,value,90,percent,,,{SOURCE}", "area", "expect.province"),
    (f"PAR,2023,Việt Nam,total,count:group_A,5,percent,,,{SOURCE}", "unit", "expect.unit_of_count"),
    (f"PAR,2023,Việt Nam,total,mean,90,provinces,,,{SOURCE}", "unit", "expect.unit_of_count"),
    (f"PAR,2023,Việt Nam,total,count:group_A,2.5,provinces,,,{SOURCE}", "score", "expect.whole_count"),
    (f"PAR,2023,Việt Nam,total,count:group_A,64,provinces,,,{SOURCE}", "score", "expect.at_most"),
    (
        f"{CITY},D3,value,90,percent,,,2023-12-31,2024-04-17,http://x,press,\n",
        "published_on",
        "expect.after_year",
    ),
    (
        f"{CITY},D3,value,90,percent,,,2024-04-17,2024-04-16,http://x,press,\n",
        "source_day",
        "expect.not_before_publication",
    ),
]


@pytest.fixture
def data(tmp_path) -> Path:
    """Copy the real tables, to break them."""
    return Path(shutil.copytree(REAL, tmp_path / "data"))


def refused(folder: Path) -> list[tuple[str, int | None, str, str]]:
    """Read data that must be refused; give each problem's file, row, column and key."""
    with pytest.raises(DataError) as caught:
        load.read(folder, as_of=AS_OF)
    return [(p.file, p.row, p.column, p.expected_key) for p in caught.value.problems]


def replace(path: Path, old: str, new: str) -> None:
    """Change one place of a file."""
    content = path.read_text(encoding="utf-8")
    assert content.count(old) == 1, f"{old!r} stands {content.count(old)} times in {path.name}"
    path.write_text(content.replace(old, new), encoding="utf-8", newline="")


def append(path: Path, rows: str) -> None:
    """Add rows at the end of a file."""
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write(rows)


@pytest.mark.parametrize(("row", "column", "key"), BROKEN_SCORES, ids=[key for _, _, key in BROKEN_SCORES])
def test_a_score_that_cannot_be_is_refused(row, column, key, data):
    """One broken rule, one problem, in the row and column where it is broken."""
    append(data / "scores.csv", row)

    assert refused(data) == [("scores.csv", NEXT, column, key)]


def test_all_broken_rules_come_at_once(data):
    """No rule hides another: every bad row of the list is named in one refusal."""
    append(data / "scores.csv", "".join(row for row, _, _ in BROKEN_SCORES))

    found = {row for _, row, _, _ in refused(data)}

    assert found == set(range(NEXT, NEXT + len(BROKEN_SCORES)))


def test_the_same_source_twice_is_refused(data):
    """A row pasted twice names the row that it repeats, also under another spelling of the area."""
    rows = (data / "scores.csv").read_text(encoding="utf-8").splitlines()
    city = next(number for number, row in enumerate(rows, start=1) if "TP. Hồ Chí Minh" in row)
    append(data / "scores.csv", rows[city - 1].replace("TP. Hồ Chí Minh", "TPHCM") + "\n")

    with pytest.raises(DataError, match=f"repeats the key of row {city} ") as caught:
        load.read(data, as_of=AS_OF)

    assert [problem.row for problem in caught.value.problems] == [NEXT]


def test_a_new_criterion_is_accepted_once_the_framework_names_it(data):
    """The annex of sub-criteria can be entered: frameworks.csv is the list of what exists."""
    append(data / "scores.csv", f"{CITY},D3.1,value,2,points,13,,{SOURCE}")
    assert refused(data) == [("scores.csv", NEXT, "component", "expect.criteria_first")]

    append(data / "frameworks.csv", "876/QĐ-BNV,2022,2024,D3.1,D3,Tiêu chí,Criterion,13,read,,,,\n")

    assert "D3.1" in set(load.read(data, as_of=AS_OF).scores["component"])


def test_maxima_that_do_not_add_up_are_refused(data):
    """Points would be lost or made if eight domains were not the whole."""
    replace(
        data / "frameworks.csv",
        "Cải cách thủ tục hành chính,Administrative procedure reform,13.0,read",
        "Cải cách thủ tục hành chính,Administrative procedure reform,14.0,read",
    )

    assert refused(data) == [("frameworks.csv", 11, "max_score", "expect.sum")]


def test_an_orphan_component_is_refused(data):
    """A misspelt parent is told with the nearest."""
    append(data / "frameworks.csv", "876/QĐ-BNV,2022,2024,D3.1,D33,Tiêu chí,Criterion,13,read,,,,\n")

    assert ("frameworks.csv", 24, "parent", "expect.choice_near") in refused(data)


def test_years_the_wrong_way_round_are_refused(data):
    """A version ends after it begins."""
    append(data / "frameworks.csv", "999/QĐ-BNV,2025,2024,total,,Tổng điểm,Total,100,read,,,,\n")

    assert refused(data) == [("frameworks.csv", 24, "last_year", "expect.not_before")]


@pytest.mark.parametrize("row", [2, 3])
def test_a_repeated_component_of_a_framework_is_one_problem(data, row):
    """A total or a domain that stands twice in one version is told once, not as a sum that is off."""
    path = data / "frameworks.csv"
    append(path, path.read_text(encoding="utf-8").splitlines()[row - 1] + "\n")

    assert refused(data) == [("frameworks.csv", 24, "", "expect.new_key")]


def test_an_indicator_has_one_name_and_one_unit(data):
    """Two units under one code would be two series in one."""
    rows = (
        "own,Chỉ tiêu riêng,TP.HCM,2024-Q2,7,%,D8,http://x,2024-07-08,,press\n"
        "own,,TP.HCM,2024-Q3,7,điểm,D8,http://x,2024-10-08,,press\n"
        "grdp_growth,,TP.HCM,2024-Q3,7,điểm,D8,http://x,2024-10-08,,press\n"
    )
    append(data / "indicators.csv", rows)

    assert refused(data) == [
        ("indicators.csv", 298, "unit", "expect.same_as_before"),
        ("indicators.csv", 299, "unit", "expect.same_as_catalogue"),
    ]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("PAR,TP.HCM,2024,rank,<=,64,2024-01-02,http://x\n", "value"),
        ("PAR,TP.HCM,2024,percent,>=,101,2024-01-04,http://x\n", "value"),
        ("PARR,TP.HCM,2024,rank,<=,10,2024-01-05,http://x\n", "index_code"),
        ("PAR,TP.HCM/Quận 1,2024,rank,<=,10,2024-01-06,http://x\n", "area"),
    ],
)
def test_a_target_that_cannot_be_is_refused(row, column, data):
    """There are 63 ranks and 100 percents."""
    append(data / "targets.csv", row)

    assert [place[:3] for place in refused(data)] == [("targets.csv", 5, column)]


def test_a_related_index_obeys_the_same_rules(data):
    """PAPI has no domain of the PAR Index, and no district has a PAPI."""
    append(data / "related_indices.csv", f"PAPI,2022,TP.HCM,D1,5,points,10,,{SOURCE}")
    append(data / "related_indices.csv", f"PAPI,2022,TP.HCM/Quận 1,P1,5,points,10,,{SOURCE}")
    append(data / "related_indices.csv", f"PAPI,2022,TP.HCM,P2,11,points,10,,{SOURCE}")

    assert [place[1:] for place in refused(data)] == [
        (739, "component", "expect.write"),
        (740, "area", "expect.no_unit_below"),
        (741, "score", "expect.at_most"),
    ]


def test_a_wrong_area_table_is_told_alone(data):
    """One slip in areas.csv is one problem, not a thousand unknown areas."""
    replace(data / "areas.csv", "Hà Nội,province", "Hà Nội,provinse")

    assert refused(data) == [("areas.csv", 23, "kind", "expect.choice_near")]


@pytest.mark.parametrize(
    ("alias", "spelling", "owner"),
    [("Gia Lai", "Gia Lai", "Gia Lai"), ("Hà Nội", "Hà Nội", "Hà Nội"), ("HA-NOI", "HA-NOI", "Hà Nội")],
)
def test_a_spelling_of_two_areas_is_refused(data, alias, spelling, owner):
    """A name must lead to one place; it is told once, as it is written, in the row that took it."""
    replace(data / "areas.csv", "Kontum", f"Kontum|{alias}")  # Gia Lai stands below, Hà Nội above

    with pytest.raises(DataError) as refusal:
        load.read(data, as_of=AS_OF)

    [told] = refusal.value.problems
    assert (told.row, told.column, told.expected_key) == (48, "aliases", "expect.new_spelling")
    assert told.expected_facts == {"spelling": spelling, "owner": owner}


def test_a_row_with_a_bad_cell_is_judged_by_its_good_ones(tmp_path):
    """One round tells a misspelt trust, a score above 100 and a day before the year's end of one row."""
    folder = tmp_path / "data"
    shutil.copytree(REAL, folder)
    with (folder / "scores.csv").open("a", encoding="utf-8") as handle:
        handle.write("PAR,2023,Hà Nội,D1,value,101,percent,,,2023-04-17,,x,oficial,\n")

    with pytest.raises(DataError) as refusal:
        load.read_vintages(folder)

    assert {problem.column for problem in refusal.value.problems} == {"trust", "score", "published_on"}


@pytest.mark.parametrize(
    ("old", "new", "column", "key"),
    [
        ("assumed,11.19,12.67", "assumed,12.19,12.67", "max_low", "expect.bounds_of_maximum"),
        ("assumed,11.19,12.67", "assumed,11.19,11.67", "max_high", "expect.bounds_of_maximum"),
        ("assumed,11.19,12.67", "assumed,11.19,", "max_low", "expect.both_bounds"),
        ("assumed,11.19,12.67", "read,11.19,12.67", "max_low", "expect.bounds_of_assumed"),
    ],
)
def test_bounds_of_a_maximum_that_cannot_be_are_refused(old, new, column, key, data):
    """Bounds hold the maximum, come in pairs, and stand beside an assumed maximum alone."""
    replace(data / "frameworks.csv", old, new)

    assert ("frameworks.csv", 17, column, key) in refused(data)


def test_the_bounds_of_two_assumed_maxima_mirror_each_other():
    """D6 and D7 add up to 25.5, so the lowest of one is the highest of the other."""
    known = load.read(REAL, as_of=AS_OF)
    framework = framework_for(known.frameworks, known.events, "PAR", 2023, AS_OF)
    (low, high), (least, most) = framework.maximum_bounds("D6"), framework.maximum_bounds("D7")

    assert (low + most, high + least) == (pytest.approx(25.5), pytest.approx(25.5))
    assert framework.maximum_bounds("D2") == (10.0, 10.0)


def test_the_appraised_part_of_a_domain_is_a_figure_of_its_own(data):
    """It is taken in percent, or in points of its own maximum, and never stands for the domain."""
    append(data / "scores.csv", f"{CITY},D5.appraised,value,90,percent,,,{SOURCE}")
    append(data / "scores.csv", f"{CITY},D6.appraised,value,8,points,8.5,,{SOURCE}")

    scores = load.read(data, as_of=AS_OF).scores
    city = scores[(scores["area"] == "TP. Hồ Chí Minh") & (scores["year"] == 2023)].set_index("component")

    assert city.loc[["D5.appraised", "D6.appraised"], "score"].tolist() == [90, 8]
    assert not {"D5", "D6"} & set(city.index)


def test_appraised_points_without_their_maximum_are_refused(data):
    """The framework knows the domain's maximum, which is another; nor is the part a row of it."""
    append(data / "scores.csv", f"{CITY},D6.appraised,value,8,points,,,{SOURCE}")
    append(data / "frameworks.csv", "876/QĐ-BNV,2022,2024,D6.appraised,D6,Phần,Part,12,read,,,,\n")

    assert {place[2:] for place in refused(data)} == {
        ("max_score", "expect.appraised_maximum"),
        ("component", "expect.no_appraised_maximum"),
    }
