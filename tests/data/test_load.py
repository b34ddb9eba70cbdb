"""The door to the data, as a whole: what is known on a day, and all that is wrong at once."""

import csv
import dataclasses
import datetime as dt
import functools
import importlib
import io
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.base.errors import DataError, SpecError
from forecast.data import load, tables
from forecast.data.framework import framework_for
from forecast.data.scenarios import Scenario

REAL = Path(__file__).parents[2] / "data"
AS_OF = dt.date(2024, 10, 20)
NEW_ROW = b"PAR,2022,TP.HCM,D1,value,50,points,,,2023-04-19,2023-04-19,z,press,\n"
DAYS = (dt.date(2020, 10, 31), AS_OF)

# All figures below are made up; the headers are put before them.
_ROWS = {
    "areas.csv": """
Việt Nam,country,,Cả nước
Đông Nam Bộ,region,,
TP. Hồ Chí Minh,province,Đông Nam Bộ,TP.HCM|TPHCM|Ho Chi Minh City
Hòa Bình,province,Đông Nam Bộ,
Hà Nội,province,Đông Nam Bộ,
""",
    "scores.csv": """
PAR,2022,TP.HCM,total,value,84.5,percent,,36,2023-04-19,2023-04-20,http://a,press,
PAR,2022,TP. Hồ Chí Minh,total,value,84.7,points,100,35,2023-04-19,2023-05-01,http://b,copy,
PAR,2022,Hoà Bình,D1,value,8.5,points,60,3,2023-04-19,,http://c,official,"có dấu phẩy, trong ghi chú"
PAR,2022,Hà Nội,total,value,,percent,,4,2023-04-19,2023-04-20,http://d,press,rank only
PAR,2022,Việt Nam,total,mean,84.1,percent,,,2023-04-19,2023-04-20,http://e,official,
PAR,2022,Đông Nam Bộ,total,count:group_A,2,provinces,,,2023-04-19,2023-04-20,http://f,press,
SIPAS,2023,TP.HCM,total,value,81.2,percent,100,36,2024-04-17,2024-04-17,http://g,press,
PAR,2023,TP.HCM,D3,value,85.1,percent,100,60,2024-04-17,2024-04-18,http://h,press,
PAR,2023,TP.HCM,total,value,86.9,percent,100,33,,,http://i,press,no day
""",
    "related_indices.csv": """
PAPI,2022,TP.HCM,total,44.1,points,80,20,2023-04-12,2023-04-12,http://j,press,
PCI,2022,Hà Nội,tinh_minh_bach,6.1,points,10,,2023-04-12,2023-04-12,http://k,official,
""",
    "indicators.csv": """
grdp_growth,Tăng trưởng GRDP,TP.HCM,2023-01..2023-09,4.5,%,D8,http://l,2023-10-10,,press
grdp_growth,Tăng trưởng GRDP,TP.HCM,2023-01..2023-09,4.6,%,D8,http://m,2023-10-11,,press
grdp_growth,Tăng trưởng GRDP,TP.HCM,2021-Q3,-25,%,D8,http://n,2022-04-06,,press
feedback,Phản ánh,TP.HCM/Quận 1,2024,100,phản ánh,,http://o,,no day,copy
""",
    "indicator_types.csv": """
grdp_growth,Tăng trưởng GRDP,GRDP growth,%,D8,1,to_date,quarter,cơ quan thống kê,,20,,
unused,Chưa có số liệu,,điểm,3.1,0,level,,related:DTI:total,1,,5,ghi chú
""",
    "frameworks.csv": """
876/QĐ-BNV,2022,2024,total,,Tổng điểm,Total,100,read,,,,,,,,
876/QĐ-BNV,2022,2024,D1,total,Chỉ đạo,Direction,60,read,,,Sở Nội vụ,,,,,
876/QĐ-BNV,2022,2024,D3,total,Thủ tục,Procedures,40,assumed,,,Văn phòng,,,,,
876/QĐ-BNV,2022,2024,3.1,D3,Tốc độ,Pace,40,made_up,,,Sở,,appraised,linear(0: 0; 10: 40),grdp_growth,2024-12-31
""",
    "events.csv": """
PAR,2022,framework,876/QĐ-BNV,,2022-11-10
PAR,2024,framework,2024,,2025-04-06
""",
    "announcements.csv": """
PAR,2022,2023-04-19,day,http://p
PAR,2023,2024-04-17,day,http://p
SIPAS,2023,2024-04-17,no later than,http://p
""",
    "targets.csv": """
PAR,TP.HCM,2024,rank,<=,15,2024-01-03,http://q,
grdp_growth,TP.HCM,2024,percent,>=,7.5,2024-01-03,http://r,
""",
    "units.csv": """
Sở Nội vụ,department,TP.HCM,SNV,,,,http://s,
Quận 1,district,TP.HCM,,,,,,
""",
    "submissions.csv": """
a1,Sở Nội vụ,PAR,TP.HCM,2024,3.1,10,12.5,20,15,lý do,việc,2024-11-30,2024-09-28,1,aa,a1.xlsx
a1,Sở Nội vụ,PAR,TP.HCM,2024,D1,,,,,,,,2024-09-28,1,aa,a1.xlsx
""",
    "lineage.csv": """
Hà Nội,Hà Nội,2030-07-01,2030-06-12,,http://l,
""",
    "self_scores.csv": """
TP.HCM,2022,D1,58,55.5,60,2023-04-19,http://t,
""",
    "remedies.csv": """
Sở Nội vụ,3.1,Làm nhanh hơn,Văn phòng,2024-09-30,doing,0.5,2024-06-30,http://u,
Quận 1,,Họp,,,planned,,2024-07-01,,
""",
    "elasticities.csv": """
grdp_growth,D8,0.1,0.3,Chuyên gia,2024-06-30,,
""",
}
SMALL = {
    table.file: ",".join(table.names) + _ROWS[table.file] for table in (tables.AREAS, *tables.DATA_TABLES)
}


@functools.cache
def real(as_of: dt.date) -> load.Known:
    """Read what the project ships, once a day."""
    return load.read(REAL, as_of=as_of)


def write(folder: Path, files: dict[str, str] | None = None) -> Path:
    """Write a folder of data: the small tables, with `files` in their place where given."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {**SMALL, **(files or {})}.items():
        (folder / name).write_text(content, encoding="utf-8", newline="")
    return folder


def grid(content: str) -> list[list[str]]:
    """Parse CSV text into rows of cells."""
    return list(csv.reader(io.StringIO(content, newline="")))


def joined(rows: list[list[str]]) -> str:
    """Write rows of cells as CSV text."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def places(error: DataError) -> list[tuple[str, int | None, str]]:
    """Where the problems stand."""
    return [(problem.file, problem.row, problem.column) for problem in error.problems]


def assert_same_content(one: load.Known, other: load.Known) -> None:
    """Compare all that a forecast may use; the rows' numbers and the files' hashes may differ."""
    for name in ("scores", "related", "indicators", "frameworks", "events", "announcements", "targets"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), obj=name)
    listed = [
        known.set_aside.drop(columns=["row", "taken_row"]).sort_values(["file", "key", "source_url"])
        for known in (one, other)
    ]
    pd.testing.assert_frame_equal(*(frame.reset_index(drop=True) for frame in listed))


def test_the_small_tables_by_hand(tmp_path):
    """Two sources of one total, a rank alone, a part with its maximum, a mean, an undated row."""
    known = load.read(write(tmp_path), as_of=AS_OF)

    table = known.scores.set_index(["index_code", "year", "area", "component"])
    total = table.loc[("PAR", 2022, "TP. Hồ Chí Minh", "total")]
    assert (total["score"], total["rank"], total["sources"]) == (84.5, 36.0, 2)  # press before copy
    assert total["spread"] == pytest.approx(0.2)
    assert total["rank_spread"] == 1
    alone = table.loc[("PAR", 2022, "Hà Nội", "total")]
    assert np.isnan(alone["score"])
    assert alone["rank"] == 4
    assert ("PAR", 2022, "Hòa Bình", "D1") in table.index
    assert ("PAR", 2023, "TP. Hồ Chí Minh", "total") not in table.index  # undated
    assert known.undated[["file", "row"]].to_numpy().tolist() == [["scores.csv", 10], ["indicators.csv", 5]]
    aside = known.set_aside.loc[known.set_aside["file"] == "scores.csv"].iloc[0]
    assert (aside["row"], aside["taken_row"], aside["reason"]) == (3, 2, "lower_trust")


def test_indicators_are_settled_and_dated(tmp_path):
    """The later of two figures of one period is taken, and a period knows its days."""
    known = load.read(write(tmp_path), as_of=AS_OF)

    growth = known.indicators.set_index("period")
    assert growth.loc["2023-01..2023-09", ["value", "spread", "sources"]].tolist() == [
        4.6,
        pytest.approx(0.1),
        2,
    ]
    assert growth.loc["2021-Q3", "first_day"] == pd.Timestamp("2021-07-01")
    assert growth.loc["2021-Q3", "last_day"] == pd.Timestamp("2021-09-30")
    early = load.read(tmp_path, as_of=dt.date(2023, 10, 10))
    assert early.indicators.set_index("period").loc["2023-01..2023-09", "value"] == 4.5


def test_points_and_percent_of_one_cell_are_compared(tmp_path):
    """By hand: 30 of 60 points is 50 percent, so a source with 48 percent is 1.2 points away."""
    more = (
        "PAR,2022,Hà Nội,D1,value,30,points,,,2023-04-19,,http://s,official,\n"
        "PAR,2022,Hà Nội,D1,value,48,percent,,,2023-04-19,,http://t,press,\n"
    )
    known = load.read(write(tmp_path, {"scores.csv": SMALL["scores.csv"] + more}), as_of=AS_OF)

    cell = known.scores.query("area == 'Hà Nội' and component == 'D1'").iloc[0]
    assert (cell["score"], cell["unit"]) == (30, "points")
    assert cell["spread"] == pytest.approx(1.2)


def test_what_somebody_changes_is_not_changed_for_the_next(tmp_path):
    """Tables that are made once for a day are handed out so that each may write into its own."""
    vintages = load.read_vintages(write(tmp_path))
    first, settled = vintages.known_at(AS_OF), vintages.settled_of("PAR", AS_OF)
    before, settled_before = first.scores.copy(), settled.copy()

    first.scores.loc[:, "score"] = -1.0
    settled.loc[:, "score"] = -1.0

    again = load.read_vintages(tmp_path)
    assert again == vintages
    pd.testing.assert_frame_equal(again.known_at(AS_OF).scores, before)
    pd.testing.assert_frame_equal(again.settled_of("PAR", AS_OF), settled_before)


def test_folders_that_differ_are_not_equal(tmp_path):
    """One more row, or another day of publication: another folder, with an answer of its own."""
    vintages = load.read_vintages(write(tmp_path))
    content = (SMALL["scores.csv"] + SMALL["scores.csv"].splitlines()[-1].replace("http", "httpx")).encode()

    other = vintages.with_content("scores.csv", content)

    assert other != vintages
    rows, others = (each.known_at(AS_OF).counts.loc[0, "rows"] for each in (vintages, other))
    assert others == rows + 1
    assert load.read_vintages(tmp_path) == vintages
    scenario = Scenario(scenario_id="x", name_vi="x", name_en="x")
    assert dataclasses.replace(vintages, scenarios=(scenario,)) != vintages
    assert dataclasses.replace(vintages, scenarios=(scenario,)) != dataclasses.replace(
        vintages, scenarios=(dataclasses.replace(scenario, name_vi="y"),)
    )


def test_counts_add_up(tmp_path):
    """Every row of a file is taken, set aside, later or undated."""
    counts = load.read(write(tmp_path), as_of=dt.date(2023, 10, 10)).counts.set_index("table")

    assert (counts["taken"] + counts["set_aside"] + counts["later"] + counts["undated"]).equals(
        counts["rows"]
    )
    assert counts.loc["scores"].tolist() == [9, 6, 2, 1, 1, 5]


def test_the_real_data_are_sound():
    """What the project ships passes its own door, with the row counts of data/README.md."""
    known = real(AS_OF)

    rows = known.counts.set_index("table")["rows"].to_dict()
    assert rows == {
        "scores": 617,
        "related_indices": 737,
        "indicators": 295,
        "events": 11,
        "announcements": 20,
        "targets": 3,
    }
    assert len(known.provinces) == 63
    assert len(known.undated) == 89
    assert set(known.frameworks["framework"]) == {"2948/QĐ-BNV", "876/QĐ-BNV"}
    assert not known.scores.duplicated(list(tables.SCORE_KEY)).any()
    assert known.scores["area"].isin(known.areas["area"]).all()


def test_no_2024_result_is_in_the_data():
    """The year that is forecast has no score, no announcement, and no event known on the day."""
    known = real(AS_OF)
    every = pd.read_csv(REAL / "scores.csv")

    assert every["year"].max() == 2023
    assert known.announcements["year"].max() == 2023
    assert known.events.loc[known.events["index_code"] == "PAR", "year"].max() == 2022


def test_two_misprints_in_the_real_data_give_way():
    """Figures that others prove wrong are set aside, though their pages are official."""
    known = real(AS_OF)
    reasons = known.set_aside.loc[known.set_aside["reason"] == "contradicted"]

    table = known.scores.set_index(["index_code", "year", "area", "component", "statistic"])["score"]
    assert table["PAR", 2020, "Đồng Tháp", "total", "value"] == 86.77
    assert table["SIPAS", 2021, "Việt Nam", "total", "min"] == 82.79
    assert sorted(reasons["score"]) == [85.54, 88.77]


@pytest.mark.parametrize("day", ["2014-02-28", "2016-12-31", "2018-05-02", "2021-07-01", "2024-10-20"])
def test_nothing_later_is_known_on_a_day(day):
    """On no day of the backtest does a table hold a row from after it."""
    as_of = dt.date.fromisoformat(day)
    known = real(as_of)
    frames = (known.scores, known.related, known.indicators, known.events, known.announcements, known.targets)

    assert all((frame[tables.known_from(frame)] <= pd.Timestamp(as_of)).all() for frame in frames)
    for year in range(2012, 2025):
        framework = framework_for(known.frameworks, known.events, "PAR", year, as_of)
        assert framework.maximum("total") == 100


def test_a_version_is_known_from_the_day_of_its_decision():
    """The day before the decision its maxima are not known, whatever the table holds."""
    for day, known in ((dt.date(2022, 11, 9), False), (dt.date(2022, 11, 10), True)):
        assert ("876/QĐ-BNV" in set(real(day).frameworks["framework"])) is known


def test_indicators_are_set_aside_by_name():
    """An indicator that was not taken is listed with its Vietnamese name, a score without one."""
    aside = real(AS_OF).set_aside
    named = aside["file"] == "indicators.csv"

    assert named.any()
    assert (aside.loc[named, "name"] != "").all()
    assert (aside.loc[~named, "name"] == "").all()


def test_a_day_before_any_data_is_refused(tmp_path):
    """Nothing known is said in words, with the first day on which something is."""
    with pytest.raises(SpecError, match="earliest figures are of 19 Apr 2023") as caught:
        load.read(write(tmp_path), as_of=dt.date(2023, 4, 18))

    assert caught.value.exit_code == 2


def test_a_missing_folder_is_one_problem(tmp_path):
    """A wrong path is told once, not once a table."""
    with pytest.raises(DataError, match="no such folder") as caught:
        load.read(tmp_path / "none", as_of=AS_OF)

    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    ("file", "target", "words"),
    [
        ("frameworks.csv", None, "frameworks.csv: there is no such file"),
        ("frameworks.csv", "frameworks.csv", "frameworks.csv: this link leads back to itself"),
        ("scenarios.toml", "scenarios.toml", "scenarios.toml: this link leads back to itself"),
        ("remedies.csv", "nowhere.csv", "remedies.csv: there is no such file"),
    ],
)
def test_a_file_that_is_missing_or_a_link_to_nowhere_is_told(tmp_path, file, target, words):
    """One that may be missing is not missing where a link has its name."""
    folder = write(tmp_path)
    (folder / file).unlink(missing_ok=True)
    if target:
        (folder / file).symlink_to(target)

    with pytest.raises(DataError, match=words):
        load.read(folder, as_of=AS_OF)


def test_hashes_are_of_the_bytes(tmp_path):
    """A byte changed in a note is a hash changed, and no other."""
    one = load.read(write(tmp_path), as_of=AS_OF).hashes
    other = load.read(write(tmp_path, {"events.csv": SMALL["events.csv"] + "\n"}), as_of=AS_OF).hashes

    assert set(one) == {table.file for table in (tables.AREAS, *tables.DATA_TABLES)}
    assert [name for name in one if one[name] != other[name]] == ["events.csv"]


@pytest.mark.parametrize(
    "name", ["TPHCM", "tp.hcm", "Thành phố Hồ Chí Minh", "Ho Chi Minh City", "HO CHI MINH"]
)
def test_a_province_is_found_by_any_spelling(name):
    """What people type for the city is the city."""
    assert real(AS_OF).find_province(name) == "TP. Hồ Chí Minh"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Hà Nộii", "did you mean “Hà Nội”"),
        ("Việt Nam", "no area"),
        ("TP.HCM/Quận 1", "did you mean “TP. Hồ Chí Minh”"),
    ],
)
def test_what_is_no_province_is_refused(name, words):
    """Neither the country nor a district has a rank among 63."""
    with pytest.raises(SpecError, match=words):
        real(AS_OF).find_province(name)


# ---- laws

CORRUPT = {
    "year": ["20x3", "1800", "2023.5", "", "-2023", "99999"],
    "number": ["87,5", "1.234,5", "abc", "nan", "inf", "-inf", "1e999", "12 %", "１２", "--1", "1_000"],
    "day": ["31/12/2020", "2020-02-30", "2020-13-01", "2020-1-5", "20200101", "hôm qua", "1066-10-14"],
    "area": ["Xứ Lạ", "Hà Nộii", "TP.HCM/", "12"],
    "choice": ["zzz", "0"],
    "period": ["2023-13", "2023-Q5", "2023-09..2023-01", "2023..2023-09", "Q1-2023", "2023-01..", "1..2"],
}


@st.composite
def one_bad_cell(draw: st.DrawFn) -> tuple[str, int, str, str]:
    """Choose a table, a row, a column and a text that does not belong there."""
    table = draw(st.sampled_from((tables.AREAS, *tables.DATA_TABLES)))
    rows = grid(SMALL[table.file])
    row = draw(st.integers(2, len(rows)))
    fit = [c for c in table.columns if c.kind in CORRUPT or (c.kind in ("text", "name") and not c.empty)]
    column = draw(st.sampled_from(fit))
    bad = draw(st.sampled_from(CORRUPT[column.kind])) if column.kind in CORRUPT else ""
    return table.file, row, column.name, bad


@settings(max_examples=60)
@given(case=one_bad_cell())
def test_any_single_bad_cell_is_reported_alone_and_in_its_place(case, tmp_path_factory):
    """Corrupt any one cell of any table: one problem, with its file, row, column and text."""
    file, row, column, bad = case
    rows = grid(SMALL[file])
    rows[row - 1][rows[0].index(column)] = bad
    folder = write(tmp_path_factory.mktemp("bad"), {file: joined(rows)})

    with pytest.raises(DataError) as caught:
        load.read(folder, as_of=AS_OF)

    assert places(caught.value) == [(file, row, column)]
    assert caught.value.problems[0].value == bad


@settings(max_examples=8)
@given(seed=st.integers(0, 10**6), as_of=st.sampled_from(DAYS))
def test_the_order_of_rows_never_matters(seed, as_of, tmp_path_factory):
    """Shuffle the rows of every real table: the same is known."""
    folder = tmp_path_factory.mktemp("shuffled")
    order = random.Random(seed)  # noqa: S311 - no secret
    for path in REAL.glob("*.csv"):
        header, *rows = grid(path.read_text(encoding="utf-8"))
        if path.name not in ("frameworks.csv", "areas.csv"):  # their order is the order of the report
            order.shuffle(rows)
        (folder / path.name).write_text(joined([header, *rows]), encoding="utf-8", newline="")

    assert_same_content(load.read(folder, as_of=as_of), real(as_of))


@st.composite
def later_rows(draw: st.DrawFn, as_of: dt.date) -> dict[str, list[list[str]]]:
    """Choose rows of the real tables and move them, with other figures, to after the day."""
    moved: dict[str, list[list[str]]] = {}
    for table in (tables.SCORES, tables.RELATED, tables.INDICATORS, tables.EVENTS, tables.ANNOUNCEMENTS):
        header, *rows = grid((REAL / table.file).read_text(encoding="utf-8"))
        for number, row in enumerate(draw(st.lists(st.sampled_from(rows), max_size=4))):
            cells = dict(zip(header, row, strict=True))
            if table is tables.ANNOUNCEMENTS:
                cells["year"] = str(2031 + number)  # no year that is on file
            after_its_year = dt.date(int(cells.get("year", 2000)) + 1, 1, 1)
            day = max(as_of, after_its_year) + dt.timedelta(days=draw(st.integers(1, 900)))
            cells |= {"source_url": f"http://later/{number}", "trust": "official"}
            cells |= dict.fromkeys((table.known_from, "source_day"), day.isoformat())
            if table is tables.EVENTS:
                cells["what"] = f"{number}/QĐ-SAU"
            figure = "score" if "score" in header else "value"
            cells[figure] = str(draw(st.integers(0, 100)) / 100)
            moved.setdefault(table.file, []).append([cells[name] for name in header])
    return moved


@settings(max_examples=8)
@given(data=st.data(), as_of=st.sampled_from(DAYS))
def test_nothing_published_later_changes_what_was_known(data, as_of, tmp_path_factory):
    """Append rows published after the day, of any figure and the best trust: the same is known."""
    more = data.draw(later_rows(as_of))
    folder = tmp_path_factory.mktemp("later")
    for path in REAL.glob("*.csv"):
        rows = grid(path.read_text(encoding="utf-8"))
        content = joined([*rows, *more.get(path.name, [])])
        (folder / path.name).write_text(content, encoding="utf-8", newline="")

    assert_same_content(load.read(folder, as_of=as_of), real(as_of))


def test_a_page_made_later_never_displaces_one_of_the_day(tmp_path):
    """A figure published in time but read on a later page fills gaps and changes nothing else."""
    late = (
        "PAR,2022,TP.HCM,total,value,99,percent,,1,2023-04-19,2025-01-01,http://late,official,\n"
        "PAR,2022,Hà Nội,total,value,90,percent,,4,2023-04-19,2025-01-01,http://late,official,\n"
    )
    known = load.read(write(tmp_path, {"scores.csv": SMALL["scores.csv"] + late}), as_of=AS_OF)

    table = known.scores.set_index(["index_code", "year", "area", "component"])
    total = table.loc[("PAR", 2022, "TP. Hồ Chí Minh", "total")]
    assert (total["score"], total["rank"], total["sources"]) == (84.5, 36, 2)
    assert total["spread"] == pytest.approx(0.2)
    filled = table.loc[("PAR", 2022, "Hà Nội", "total")]
    assert (filled["score"], filled["rank"]) == (90, 4)
    assert "later_page" in known.set_aside["reason"].tolist()


def test_all_problems_of_all_tables_come_at_once(tmp_path):
    """A comma for a point, a wrong province, a missing file and a missing column in one answer."""
    scores = SMALL["scores.csv"].replace("84.5", '"84,5"').replace("Hoà Bình", "Hoà Bìn")
    targets = SMALL["targets.csv"].replace("relation", "relatoin")
    folder = write(tmp_path, {"scores.csv": scores, "targets.csv": targets})
    (folder / "events.csv").unlink()

    with pytest.raises(DataError) as caught:
        load.read(folder, as_of=AS_OF)

    assert places(caught.value) == [
        ("scores.csv", 2, "score"),
        ("scores.csv", 4, "area"),
        ("events.csv", None, ""),
        ("targets.csv", 1, "relatoin"),
    ]
    told = caught.value.text("vi")
    assert "viết 84.5" in told
    assert "“Hòa Bình”" in told
    assert "có phải là “relation” không" in told


def test_any_panel_is_read_by_the_same_rules(tmp_path):
    """`predict` takes free names and any scale, and refuses what is no number, with the row."""
    path = tmp_path / "panel.csv"
    path.write_text(
        "component,area,year,score\nP1,x,2020,-5.5\nP1,x,2021,\nP2,y,2021,1e6\n", encoding="utf-8"
    )

    panel = load.read_panel(path)

    assert panel["score"].tolist() == pytest.approx([-5.5, np.nan, 1e6], nan_ok=True)
    assert panel["max_score"].isna().all()
    assert panel["year"].dtype == "int64"


def test_a_bad_panel_is_refused_row_by_row(tmp_path):
    """NaN, infinity, a repeated key and a score above its maximum are all named."""
    path = tmp_path / "panel.csv"
    rows = [
        "area,component,year,score,max_score",
        "x,P1,2020,nan,",
        "x,P1,2021,inf,",
        "x,P1,2022,5,",
        "x,P1,2022,6,",
    ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")

    with pytest.raises(DataError) as caught:
        load.read_panel(path)

    assert [place[1] for place in places(caught.value)] == [2, 3, 5]
    path.write_text(f"{rows[0]}\nx,P1,2020,11,10\n", encoding="utf-8")
    with pytest.raises(DataError, match="at most 10"):
        load.read_panel(path)


def test_another_content_of_one_file_is_as_if_the_folder_were_read_anew(tmp_path):
    """What is proved for one table in the mind is what a reader of the folder would find."""
    folder = write(tmp_path)
    vintages = load.read_vintages(folder)
    content = (folder / "scores.csv").read_bytes() + NEW_ROW

    known = vintages.with_content("scores.csv", content).known_at(AS_OF)
    (folder / "scores.csv").write_bytes(content)

    assert_same_content(known, load.read(folder, as_of=AS_OF))
    assert known.hashes == load.read(folder, as_of=AS_OF).hashes


def test_another_content_of_one_file_is_refused_as_the_folder_would_be(tmp_path):
    """The rules that look at other tables hold there too."""
    folder = write(tmp_path)
    vintages = load.read_vintages(folder)
    content = (folder / "scores.csv").read_bytes() + NEW_ROW.replace(b"D1,value,50", b"D1,value,61")
    (folder / "scores.csv").write_bytes(content)
    with pytest.raises(DataError) as of_folder:
        load.read_vintages(folder)

    with pytest.raises(DataError) as of_mind:
        vintages.with_content("scores.csv", content)

    assert of_mind.value.problems == of_folder.value.problems


@pytest.mark.parametrize("index_code", ["PAR", "SIPAS", "PAPI"])
def test_one_index_settled_alone_is_as_it_is_among_all(index_code):
    """The figures of one index never depend on another's."""
    known = real(AS_OF)
    whole = known.related if index_code == "PAPI" else known.scores
    alone = load.read_vintages(REAL).settled_of(index_code, AS_OF).drop(columns="row")

    pd.testing.assert_frame_equal(
        alone, whole[whole["index_code"] == index_code].reset_index(drop=True), check_index_type=False
    )


def test_an_office_may_begin_without_any_score(tmp_path):
    """A table with its heading alone is sound; a question about it is refused in words."""
    folder = write(tmp_path)
    for name in ("scores.csv", "related_indices.csv", "targets.csv", "announcements.csv"):
        head = (folder / name).read_text(encoding="utf-8").strip().splitlines()[0]
        (folder / name).write_text(head + "\n", encoding="utf-8")

    vintages = load.read_vintages(folder)

    with pytest.raises(SpecError, match="no score"):
        vintages.known_at(AS_OF)


def test_of_many_misspelt_names_the_first_are_told_with_the_nearest(tmp_path, monkeypatch):
    """A search for the nearest name is dear: a file whose every row is wrong gets a limited number."""
    cells = importlib.import_module("forecast.data.load.cells")
    monkeypatch.setattr(cells, "MOST_HINTS", 3)
    folder = write(tmp_path)
    with (folder / "scores.csv").open("a", encoding="utf-8") as file:
        for k in range(9):
            file.write(f"PAR,2022,Hòa Bìn{k},total,value,50,percent,,,2023-04-19,2023-04-19,z{k},press,\n")

    with pytest.raises(DataError) as refused:
        load.read_vintages(folder)

    keys = [each.expected_key for each in refused.value.problems if each.column == "area"]
    assert keys == ["expect.area_near"] * 3 + ["expect.area"] * 6


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('unit = "x"', "did you mean “unit_vi”?"),
        ("unit_vi = 5", "words in double quotes"),
        ("unit_vi = “x”", "curly quotes"),
        ('contact = "a\u202eb"', "one line of at most 200 letters"),
        ('contact = "' + "x" * 201 + '"', "one line of at most 200 letters"),
        (b"\xff\xfe", "the file is no text in UTF-8"),
    ],
)
def test_who_issues_the_reports_is_read_with_the_tables(written, said, tmp_path):
    """A slip there would put another name on every page without a word."""
    files = {path.name: path.read_bytes() for path in REAL.iterdir() if path.is_file()}
    content = written if isinstance(written, bytes) else written.encode()

    with pytest.raises(DataError) as refused:
        load.read_vintages({**files, "issuer.toml": content})

    (problem,) = refused.value.problems
    assert problem.file == "issuer.toml"
    assert said in problem.text("en")
