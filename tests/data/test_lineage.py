"""Areas that change: what they are made of, what their past is, and who answers for it."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.base.errors import DataError, SpecError
from forecast.base.spec import RunSpec
from forecast.data import cycle, load
from forecast.data.load.lineage import newcomers, parts_of, provinces_in, successors_on, units_on
from forecast.data.load.merged_scores import AreaConversion, _normal, weighted
from forecast.intake.doubts.folder import doubts_in
from forecast.model.standing import normal_score

REAL = Path(__file__).parents[2] / "data"
CITY = "TP. Hồ Chí Minh"
BEFORE, AFTER = dt.date(2024, 10, 20), dt.date(2025, 10, 20)
CHOOSE = "hãy chọn một tỉnh, thành phố"
NAMES = tuple("ABCDEFGH")


@pytest.fixture(scope="module")
def vintages():
    """The project's own tables."""
    return load.read_vintages(REAL)


def areas_of(*names):
    """A table of areas with a country."""
    rows = [("Nước", "country", "", ""), *((name, "province", "", "") for name in names)]
    return pd.DataFrame(rows, columns=["area", "kind", "region", "aliases"])


def lineage_of(*rows):
    """A table of lineage: area, part, year of the change, population."""
    frame = pd.DataFrame(rows, columns=["area", "part", "year", "population"])
    days = pd.to_datetime([f"{year}-07-01" for year in frame["year"]]).astype("datetime64[s]")
    return frame.assign(from_day=days, population=frame["population"].astype(float))


def figures(*rows, year=2020):
    """Settled figures of one total: area, statistic, share, rank."""
    frame = pd.DataFrame(rows, columns=["area", "statistic", "share", "rank"])
    day = pd.Timestamp("2021-05-01")
    return frame.assign(
        index_code="PAR",
        year=year,
        component="total",
        score=100 * frame["share"],
        unit="percent",
        max_score=np.nan,
        trust="press",
        published_on=day,
        source_day=day,
        source_url="http://s",
        note="",
        spread=0.0,
        rank_spread=0.0,
        sources=1,
        maximum=100.0,
        share_status="read",
    ).astype({"rank": float})


def carried(lineage, *rows, names=NAMES, year=2025):
    """Give figures of 2020 to the areas of a year."""
    there = frozenset(provinces_in(areas_of(*names), lineage, year))
    return AreaConversion(areas_of(*names), lineage, year, {"Nước": there}).convert(figures(*rows))


@st.composite
def mergers(draw):
    """Two days on which some of eight areas are joined, the second perhaps joining what the first made."""
    rows, there = [], list(NAMES)
    for year in (2022, 2024):
        heads = [name for name in there if draw(st.booleans())] or there[:1]
        taken = {name: name if name in heads else draw(st.sampled_from(heads)) for name in there}
        for part, area in taken.items():
            size = draw(st.one_of(st.none(), st.integers(1, 10**7)))
            rows.append((area, part, year, size))
        there = heads
    return lineage_of(*rows), tuple(there)


@given(mergers())
def test_weights_of_parts_sum_to_one_and_every_part_is_somewhere_once(merger):
    """Through any number of mergers."""
    lineage, last = merger
    made = parts_of(areas_of(*NAMES), lineage, 2020, 2025)

    assert set(made) == set(last) == set(provinces_in(areas_of(*NAMES), lineage, 2025))
    assert all(sum(parts.values()) == pytest.approx(1) for parts in made.values())
    assert sorted(part for parts in made.values() for part in parts) == sorted(NAMES)


@given(mergers(), st.permutations(range(8)), st.lists(st.floats(0.5, 0.95), min_size=8, max_size=8))
@settings(max_examples=20)
def test_the_order_of_rows_does_not_matter(merger, order, shares):
    """Neither of figures nor of the lineage."""
    lineage, _ = merger
    rows = [(name, "value", share, np.nan) for name, share in zip(NAMES, shares, strict=True)]
    columns = ["area", "score", "spread"]

    one = carried(lineage, *rows)[columns].set_index("area")
    other = carried(lineage.iloc[::-1], *(rows[k] for k in order))[columns].set_index("area")

    pd.testing.assert_frame_equal(one, other, check_exact=False, atol=0.011)


def test_an_area_made_of_one_part_is_that_part():
    """A new name alone changes no figure, no rank and no trust."""
    found = carried(lineage_of(("Z", "A", 2024, None)), ("A", "value", 0.8, 3), names=(*NAMES, "Z"))

    columns = ["area", "score", "rank", "trust", "spread"]
    assert found[columns].to_numpy().tolist() == [["Z", 80.0, 3.0, "press", 0.0]]


def test_a_merger_by_hand():
    """Equal weights: 85, give or take 5 / sqrt(3); by population 3 to 1: 82.5, 2.5 from the equal mean."""
    rows = ("A", "value", 0.8, np.nan), ("B", "value", 0.9, np.nan)

    (equal,) = carried(lineage_of(("A", "A", 2024, None), ("A", "B", 2024, None)), *rows).to_dict("records")
    (sized,) = carried(lineage_of(("A", "A", 2024, 3), ("A", "B", 2024, 1)), *rows).to_dict("records")

    assert (equal["score"], equal["spread"]) == pytest.approx((85, 2 * 5 / 3**0.5), abs=0.005)
    assert (sized["score"], sized["spread"]) == pytest.approx((82.5, 2 * 2.5))
    assert (equal["trust"], equal["note"]) == ("made", "0.50 A + 0.50 B")
    assert np.isnan(equal["rank"])


def test_a_part_without_a_figure_is_taken_for_any_area_of_its_year():
    """The mean and spread of the others stand in, marked in the note; without others nothing is made."""
    lineage = lineage_of(("A", "A", 2024, None), ("A", "B", 2024, None))
    own = ("A", "value", 0.8, np.nan)
    others = [(name, "value", share, np.nan) for name, share in zip("CDE", (0.6, 0.7, 0.8), strict=True)]

    assert carried(lineage, own).empty
    found = carried(lineage, own, *others).set_index("area")

    mean = np.mean([0.8, 0.6, 0.7, 0.8])
    assert found.loc["A", "score"] == pytest.approx(100 * (0.8 + mean) / 2, abs=0.005)
    assert found.loc["A", "note"] == "0.50 A + 0.50 [B]"
    assert found.loc["A", "spread"] > 0.05 * 100
    assert found.loc["C", "trust"] == "press"


def test_a_rank_among_other_areas_becomes_an_estimate():
    """Ranks of eight areas say nothing as ranks of seven; the scores beside them tell what they are worth."""
    lineage = lineage_of(("A", "A", 2024, None), ("A", "B", 2024, None))
    scored = [(name, "value", 0.9 - 0.05 * k, k + 1) for k, name in enumerate("ABCD")]
    found = carried(lineage, *scored, ("H", "value", np.nan, 8)).set_index("area")

    assert found["rank"].isna().all()
    assert found.loc["C", ["score", "trust"]].tolist() == [pytest.approx(80), "press"]
    assert found.loc["H", "trust"] == "made"
    assert found.loc["H", "score"] < found.loc["D", "score"]


@given(st.lists(st.floats(0.3, 0.99), min_size=2, max_size=5))
def test_no_weighting_gives_less_than_the_lowest_or_more_than_the_highest_part(shares):
    """Parts and whole add up; parts that are alike leave no doubt of the weights."""
    share, weight = np.array(shares), np.full(len(shares), 1 / len(shares))
    mean, doubt = weighted(share, weight, np.zeros(len(share)))

    assert share.min() - 1e-9 <= mean <= share.max() + 1e-9
    assert doubt <= np.ptp(share) + 1e-9
    draws = np.random.default_rng(1).dirichlet(np.ones(len(share)), 4000) @ share
    assert doubt == pytest.approx(draws.std(), rel=0.1, abs=1e-9)


@given(st.integers(1, 63))
def test_ranks_lie_where_the_model_has_them(rank):
    """One rule in two rooms."""
    assert _normal(rank, 63) == pytest.approx(float(normal_score(rank, 63)))


def test_the_years_of_the_project(vintages):
    """63 provinces up to 2024, 34 from 2025 on; nobody knew of it in March 2025."""
    assert len(vintages.known_at(AFTER).for_year(2024).provinces) == 63
    assert len(vintages.known_at(AFTER).for_year(2025).provinces) == 34
    assert len(vintages.known_at(dt.date(2025, 3, 1)).for_year(2025).provinces) == 63
    assert newcomers(vintages.frames["lineage"]) == {"Huế"}


def test_what_was_known_in_2024_is_as_it_was(vintages):
    """No figure of a year before the merger is touched."""
    known = vintages.known_at(BEFORE)
    of_year = known.for_year(2024)

    names = ("scores", "related", "indicators", "indicator_rows", "events", "frameworks", "remedies")
    assert all(getattr(of_year, name) is getattr(known, name) for name in names)
    assert of_year.merged.empty
    assert set(known.units["kind"]) == {"department", "district"}


def test_the_city_of_2025(vintages):
    """Made of three parts, its past estimated, its year a break, its indicators begun anew."""
    of_year = vintages.known_at(AFTER).for_year(2025)
    own = of_year.scores[of_year.scores["area"] == CITY]

    assert set(own["trust"]) == {"made"}
    assert own["rank"].isna().all()
    assert of_year.merged.loc[of_year.merged["area"] == CITY, "weight"].tolist() == [pytest.approx(1 / 3)] * 3
    events = of_year.events
    assert ((events["index_code"] == "PAR") & (events["year"] == 2025) & (events["kind"] == "areas")).any()
    assert CITY not in set(of_year.indicators["area"])
    assert set(of_year.units["kind"]) == {"department"}
    with pytest.raises(ValueError, match="2025"):
        of_year.for_year(2026)


def test_2012_of_the_city_by_hand(vintages):
    """All three parts are published: 86.14, 81.26 and 83.83."""
    scores = vintages.known_at(AFTER).for_year(2025).scores
    (row,) = scores[
        (scores["area"] == CITY)
        & (scores["index_code"] == "PAR")
        & (scores["year"] == 2012)
        & (scores["component"] == "total")
    ].to_dict("records")
    parts = np.array([86.14, 81.26, 83.83])

    assert row["score"] == pytest.approx(parts.mean(), abs=0.005)
    assert row["spread"] == pytest.approx(2 * parts.std() / 2, abs=0.005)  # sqrt(3 + 1)


@pytest.mark.parametrize(
    ("area", "year", "vi", "en"),
    [
        (
            "Bình Dương",
            2025,
            "Bình Dương từ ngày 01/07/2025 thuộc TP. Hồ Chí Minh; năm 2025 hãy dự báo cho TP. Hồ Chí Minh",
            "since 1 Jul 2025 Bình Dương is part of TP. Hồ Chí Minh; for 2025 forecast TP. Hồ Chí Minh",
        ),
        (
            "Huế",
            2024,
            f"Huế có từ ngày 01/07/2025 (trước đó: Thừa Thiên Huế), sau năm 2024; {CHOOSE} của năm 2024",
            "Huế exists since 1 Jul 2025 (before: Thừa Thiên Huế), after 2024; choose a province of 2024",
        ),
    ],
)
def test_an_area_of_another_year_is_refused_with_its_successor(vintages, area, year, vi, en):
    """In both languages."""
    known = vintages.known_at(AFTER).for_year(year)
    with pytest.raises(SpecError) as refused:
        known.refuse(RunSpec(index_code="PAR", area=area, target_year=year, as_of=AFTER))

    assert (refused.value.text("vi"), refused.value.text("en")) == (vi, en)


def test_a_figure_of_an_area_that_was_gone_is_refused():
    """With the row, and where the area is now."""
    content = (REAL / "scores.csv").read_bytes()
    row = "PAR,2025,Bình Dương,total,value,50,percent,,,2026-04-10,2026-04-10,http://made-up,press,made up\n"
    with pytest.raises(DataError) as refused:
        load.rehearse(REAL, "scores.csv", content + row.encode())

    (problem,) = refused.value.problems
    assert (problem.column, problem.value) == ("area", "Bình Dương")
    assert "thuộc TP. Hồ Chí Minh" in problem.text("vi")


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        ("Hà Nội,Atlantis,2030-07-01,2030-06-12,,http://x,", ["part"]),
        ("Hà Nội,Bình Dương,2030-07-01,2030-06-12,,http://x,", ["part", "area"]),
        ("Hà Nội,Lào Cai,2030-07-01,2030-06-12,,http://x,", ["area"]),
    ],
)
def test_a_lineage_that_cannot_be_is_refused(row, columns):
    """A part that is unknown, gone already, or added to an area that is not itself a part."""
    content = (REAL / "lineage.csv").read_bytes()
    with pytest.raises(DataError) as refused:
        load.rehearse(REAL, "lineage.csv", content + f"{row}\n".encode())

    assert [problem.column for problem in refused.value.problems] == columns


def _lineage(change):
    """The project's own rows, each split at its commas, changed; as one text."""
    head, *rows = (REAL / "lineage.csv").read_text(encoding="utf-8").splitlines()
    return "\n".join([head, *map(",".join, change([row.split(",", 4) for row in rows]))]) + "\n"


NOT_YET = (
    "row 43, column from_day, found “2025-07-01”: TP. Hồ Chí Minh exists since 1 Jul 2025 (before: "
    "Bà Rịa - Vũng Tàu, Bình Dương), but 62 rows have figures of it in earlier years (the first: "
    "scores.csv, row 6)"
)
ENDED = (
    "row 4, column from_day, found “2019-07-01”: since 1 Jul 2019 Bắc Giang is part of Bắc Ninh, but 12 "
    "rows have figures of it in years from then on (the first: scores.csv, row 192)"
)
AGAIN = ("Kiên Giang", "An Giang", "2026-01-01", "2025-12-01")


def _at_own_row(column, text):
    """Change a cell of the row by which the city is a part of itself."""

    def change(rows):
        own = next(row for row in rows if row[0] == row[1] == CITY)
        own[("area", "part", "from_day", "known_on").index(column)] = text
        return rows

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_at_own_row("part", ""), "row 45, column part: the cell is empty"),
        (_at_own_row("part", "TP. Hồ Chí Min"), "row 45, column part, found “TP. Hồ Chí Min”: unknown value"),
        (
            _at_own_row("from_day", "2025-13-01"),
            "row 45, column from_day, found “2025-13-01”: there is no such",
        ),
        (_at_own_row("known_on", "x"), "row 45, column known_on, found “x”: a day in the form"),
        (
            _at_own_row("area", "TP. Hồ Chí Min"),
            "row 45, column area, found “TP. Hồ Chí Min”: areas.csv has no",
        ),
        (lambda rows: [row for row in rows if not row[0] == row[1] == CITY], NOT_YET),
        (
            lambda rows: [
                [*row[:2], "2019-07-01", *row[3:]] if row[0] == "Bắc Ninh" else row for row in rows
            ],
            ENDED,
        ),
    ],
)
def test_what_is_wrong_with_a_lineage_is_told_once(change, said):
    """The rows of other tables that do not fit it any more are counted, and not listed."""
    with pytest.raises(DataError) as refused:
        load.rehearse(REAL, "lineage.csv", _lineage(change).encode())

    [problem] = refused.value.problems
    assert said in problem.text("en")


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda rows: rows, []),
        (lambda rows: rows[5:], [(2, "part", "doubt.left_out")]),
        (lambda rows: rows[:4], []),  # two mergers, and no area that stays is listed
        (lambda rows: [*rows, [*AGAIN, ",x,"]], [(65, "area", "doubt.comes_back")]),
        (lambda rows: [*rows, [*AGAIN, ",x,lập lại một tỉnh đã nhập"]], []),
    ],
)
def test_a_lineage_that_may_be_cut_or_turn_back_is_doubted(change, found):
    """An area that is not named goes on, unless others that go on are named."""
    vintages = load.rehearse(REAL, "lineage.csv", _lineage(change).encode())
    doubts = [each for each in doubts_in(vintages, AFTER) if each.file == "lineage.csv"]

    assert [(each.row, each.column, each.expected_key) for each in doubts] == found


def test_units_have_their_days_and_successors(vintages):
    """Work goes to who has taken over, through any number of successors."""
    units = vintages.frames["units"]
    names = set(units_on(units, AFTER)["unit"])

    assert "Sở Kế hoạch và Đầu tư" not in names
    assert "Sở Kế hoạch và Đầu tư" in set(units_on(units, BEFORE)["unit"])
    assert successors_on(units, AFTER)["Sở Kế hoạch và Đầu tư"] == "Sở Tài chính"
    assert successors_on(units, BEFORE) == {}
    now, then = (vintages.known_at(day).remedies.dtypes for day in (AFTER, BEFORE))
    assert now.equals(then)
    in_charge = set(
        ";".join(vintages.known_at(AFTER).frameworks["responsible"]).replace("; ", ";").split(";")
    )
    assert in_charge - {""} <= names


def test_the_checklist_says_what_is_missing(vintages):
    """Of 2025 nearly everything; of 2024 as of its meeting areas, units and last year's days are there."""
    of_2025 = {s.name: s.state for s in cycle.checklist(vintages.known_at(AFTER), 2025, CITY)}
    of_2024 = {s.name: s.state for s in cycle.checklist(vintages.known_at(BEFORE), 2024, CITY)}

    assert of_2025 == {
        **dict.fromkeys(("areas", "departments"), "there"),
        **dict.fromkeys(("weights", "units", "events"), "look"),
        **dict.fromkeys(("communes", "framework", "announcement", "result", "survey"), "missing"),
        **dict.fromkeys(("targets", "indicators", "remedies"), "missing"),
    }
    assert {name for name, state in of_2024.items() if state == "there"} == {
        *("areas", "communes", "departments", "announcement", "targets", "indicators")
    }
    assert set(of_2025) | set(of_2024) <= set(cycle.ENTER)
