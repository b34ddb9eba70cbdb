"""What is known on a day, in tables: counts that add up, and the city's cells laid out."""

import datetime as dt
import functools
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast.cli.check import page
from forecast.data import check, load

REAL = Path(__file__).parents[2] / "data"
CITY = "TP. Hồ Chí Minh"


@functools.cache
def known(day: str) -> load.Known:
    """Read the real tables as of a day, once."""
    return load.read(REAL, as_of=dt.date.fromisoformat(day))


def summary(day: str = "2024-10-20", index_code: str = "PAR", area: str = CITY) -> check.Summary:
    """Sum up the real tables as of a day."""
    return check.summary(known(day), index_code=index_code, area=area)


def test_the_latest_result_by_hand():
    """On 20 October 2024 the results of 2023 are the latest; a day earlier than 17 April, those of 2022."""
    assert (summary().last_year, summary().last_announced) == (2023, dt.date(2024, 4, 17))
    assert summary("2024-04-16").last_year == 2022


def test_a_result_that_was_due_is_missed_from_the_day_after():
    """PAR of 2021 to 2023 was out on 25 May, 19 and 17 April: due is 19 April, which 2024 and 2025 passed."""
    due = dt.date(2025, 4, 19)

    assert check.overdue(known("2025-04-19"), "PAR") == ()
    assert check.overdue(known("2025-04-20"), "PAR") == ((2024, due),)
    assert [year for year, _ in check.overdue(known("2026-11-20"), "PAR")] == [2024, 2025]
    assert "2025" in page(summary("2025-04-20"), "en").splitlines()[2]


def test_the_citys_cells_by_hand():
    """D2 of 2023 is a rank alone, D3 of 2022 is derived, D1 has nothing at all."""
    states = summary().grid.set_index(["component", "year"])["state"]

    assert states["D2", 2023] == "rank"
    assert states["D3", 2022] == "derived"
    assert states["D3", 2023] == "score"
    assert states["total", 2013] == "missing"
    assert set(states["D1"]) == {"missing"}


def test_the_grid_has_every_cell_once():
    """Components times years, none twice, each in one of four states."""
    grid = summary().grid

    assert not grid.duplicated(["component", "year"]).any()
    assert len(grid) == grid["component"].nunique() * grid["year"].nunique()
    assert set(grid["state"]) <= {"score", "derived", "rank", "missing"}
    assert len(summary().missing) == (grid["state"] == "missing").sum()


def test_a_cell_shows_a_score_exactly_if_it_has_one():
    """The marks follow the settled scores and nothing else."""
    grid = summary().grid

    assert grid["score"].notna().eq(grid["state"].isin(["score", "derived"])).all()
    assert grid.loc[grid["state"] == "rank", "rank"].notna().all()
    assert grid.loc[grid["state"] == "missing", ["score", "rank"]].isna().all(axis=None)


@pytest.mark.parametrize("index_code", ["PAR", "SIPAS"])
def test_coverage_counts_every_score_of_a_province(index_code):
    """Oracle: count the settled scores again, by another route."""
    scores = known("2024-10-20").scores
    own = scores[(scores["index_code"] == index_code) & (scores["statistic"] == "value")]

    coverage = summary(index_code=index_code).coverage.set_index("component")

    for component, rows in own.groupby("component"):
        given = rows.dropna(subset="score")
        line = coverage.loc[component]
        assert (line["scores"], line["ranks"]) == (len(given), len(rows) - len(given))
        assert (line["years"], line["provinces"]) == (len(set(given["year"])), len(set(given["area"])))


def test_conflicts_are_the_cells_whose_sources_disagree():
    """Widest first, and none without a disagreement."""
    conflicts = summary().conflicts

    assert conflicts["spread"].dropna().is_monotonic_decreasing
    assert ((conflicts["spread"] > 0) | (conflicts["rank_spread"] > 0)).all()
    assert conflicts.iloc[0][["area", "year", "score", "spread"]].tolist() == ["Đồng Tháp", 2020, 86.77, 2.0]


def test_maxima_that_nobody_read_are_named():
    """D2, D6 and D7 are assumed for 2024; before the change was known all are borrowed."""
    assert summary().not_read["component"].tolist() == ["D6", "D7"]
    early = summary("2022-06-01")
    assert set(early.not_read["max_status"]) == {"borrowed"}
    assert early.versions.iloc[-1]["framework"] == "1149/QĐ-BNV"


def test_versions_name_their_lender():
    """Every year up to the target says whose maxima it uses."""
    versions = summary().versions.set_index("year")

    assert versions.loc[2024].tolist() == ["876/QĐ-BNV", "876/QĐ-BNV", False]
    assert versions.loc[2018].tolist() == ["2636/QĐ-BNV", "2948/QĐ-BNV", True]


def test_undated_rows_are_counted_and_listed():
    """62 indicators and 27 related figures have no day; each is named by its row."""
    undated = summary().undated.set_index("file")

    assert undated["rows"].to_dict() == {"indicators.csv": 62, "related_indices.csv": 27}
    raw = pd.read_csv(REAL / "indicators.csv")
    assert undated.loc["indicators.csv", "numbers"] == [
        i + 2 for i in np.flatnonzero(raw["published_on"].isna())
    ]


def test_before_the_first_announcement_there_is_still_a_summary():
    """SIPAS had no result in 2014; the tables are empty, not absent."""
    found = summary("2014-03-01", "SIPAS")

    assert found.last_year is None
    assert found.conflicts.empty
    assert (found.grid["state"] == "missing").all()


@pytest.mark.parametrize(("day", "index_code"), [("2024-10-20", "PAR"), ("2014-03-01", "SIPAS")])
def test_the_summary_is_plain_json(day, index_code):
    """Days are ISO text, missing numbers null; nothing else needs a decoder."""
    content = summary(day, index_code).as_dict()

    back = json.loads(json.dumps(content, allow_nan=False))

    assert back == content
    assert back["as_of"] == day


def test_components_without_a_framework_have_names_too():
    """No reader meets a bare code where a name exists."""
    for index_code in ("PAR", "SIPAS"):
        coverage = summary(index_code=index_code).coverage
        assert (coverage[["name_vi", "name_en"]] != "").all(axis=None)


def test_the_published_figures_contradict_each_other_nowhere_that_is_left():
    """Sources that others prove wrong are set aside before; what is taken fits together."""
    assert summary().contradictions.empty


def test_one_slipped_total_is_told_as_the_cause_of_the_wrong_ranks(tmp_path):
    """One line of the page names the cell and the count; the ranks are not listed."""
    folder = tmp_path / "data"
    shutil.copytree(REAL, folder)
    areas = load.read(folder, as_of=dt.date(2024, 10, 20)).provinces_in(2015)
    source = ",2016-05-25,2016-05-25,Trang giả định,official,\n"
    cells = [(area, 90 - rank / 4 if rank != 3 else 8.712, rank) for rank, area in enumerate(areas, 1)]
    head = (REAL / "scores.csv").read_text(encoding="utf-8").partition("\n")[0]
    lines = "".join(f"PAR,2015,{a},total,value,{s},percent,,{r}{source}" for a, s, r in cells)
    (folder / "scores.csv").write_text(f"{head}\n{lines}", encoding="utf-8")

    found = check.summary(load.read(folder, as_of=dt.date(2024, 10, 20)), index_code="PAR", area="Hà Nội")

    assert found.contradictions[["area", "kind", "stated", "ranks"]].to_numpy().tolist() == [
        [areas[2], "score", 8.712, 61]
    ]
    assert "điểm của ô này làm sai 61 hạng" in page(found, "vi")


def test_a_contradiction_is_told(tmp_path):
    """Eight domains that do not make the total stand in the summary and on its page."""
    folder = tmp_path / "data"
    shutil.copytree(REAL, folder)
    source = ",,2022-05-25,2022-05-25,Trang giả định,official,\n"
    with (folder / "scores.csv").open("a", encoding="utf-8") as file:
        file.write("".join(f"PAR,2021,Hà Nam,D{k},value,5,points,{source}" for k in range(1, 9)))
        file.write(f"PAR,2021,Hà Nam,total,value,41,points,{source}")

    found = check.summary(load.read(folder, as_of=dt.date(2024, 10, 20)), index_code="PAR", area="Hà Nam")

    assert found.contradictions[["year", "component", "stated", "due"]].to_numpy().tolist() == [
        [2021, "total", 41.0, 40.0]
    ]
    assert "tổng các phần" in page(found, "vi")
