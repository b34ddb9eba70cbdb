"""One list of rules: what one door refuses, every door refuses.  All figures are made up."""

import datetime as dt
import json

import pytest

from forecast import cli
from forecast.base.errors import DataError, SpecError, WriteError
from forecast.data import load, scenarios
from forecast.data.load.files import append_rows
from forecast.data.scenarios import Scenario
from forecast.data.tables import ANNOUNCEMENTS, INDICATORS, SCORES
from forecast.desk.scenario_file import add_scenario
from forecast.intake import journal
from forecast.intake.additions import append, lists, one_row

TODAY = dt.datetime.now().astimezone().date()
TOMORROW = (TODAY + dt.timedelta(days=2)).isoformat()  # also in a run over midnight
SCORE = {
    "index_code": "PAR",
    "year": "2023",
    "area": "TP. Hồ Chí Minh",
    "component": "D5",
    "statistic": "value",
    "score": "9",
    "unit": "points",
    "max_score": "",
    "published_on": "2024-04-17",
    "source_url": "Phụ lục giả định",
    "trust": "press",
}
ANNOUNCEMENT = {"index_code": "PAR", "year": "2025", "announced_on": "2001-05-05", "precision": "day"}
ANNOUNCEMENT |= {"source_url": "giả định"}
VALUE = {
    "indicator_code": "pub_inv_disb_rate",
    "area": "TP. Hồ Chí Minh",
    "period": "2026-01",
    "value": "3",
    "source_url": "giả định",
    "published_on": TOMORROW,
    "trust": "press",
}
WRONG = {
    "a maximum of another framework": (SCORES, {**SCORE, "max_score": "50"}, "max_score"),
    "a maximum beyond any": (SCORES, {**SCORE, "score": "1e308", "max_score": "1e308"}, "max_score"),
    "a year beside the area": (SCORES, {**SCORE, "area": "Hà Nội,2023"}, "area"),
    "a year in brackets after the area": (SCORES, {**SCORE, "area": "Hà Nội (2023)"}, "area"),
    "an announcement before its year": (ANNOUNCEMENTS, ANNOUNCEMENT, "announced_on"),
    "a score of tomorrow": (SCORES, {**SCORE, "published_on": TOMORROW}, "published_on"),
    "a page of tomorrow": (SCORES, {**SCORE, "source_day": TOMORROW}, "source_day"),
    "an announcement of tomorrow": (
        ANNOUNCEMENTS,
        {**ANNOUNCEMENT, "announced_on": TOMORROW},
        "announced_on",
    ),
    "an indicator of tomorrow": (INDICATORS, VALUE, "published_on"),
}
ADD = {SCORES: one_row.score, ANNOUNCEMENTS: one_row.announcement, INDICATORS: one_row.indicator}
OPTIONS = {"published_on": "published", "indicator_code": "indicator"}


@pytest.mark.parametrize(
    ("typed", "area"),
    [
        ("tinh an giang", "An Giang"),
        ("12. UBND tỉnh An Giang (*)", "An Giang"),
        ("Ủy ban nhân dân tỉnh An Giang", "An Giang"),
        ("UỶ BAN NHÂN DÂN THÀNH PHỐ HÀ NỘI", "Hà Nội"),
        ("TP.HCM/Quận 1", "TP. Hồ Chí Minh/Quận 1"),
    ],
)
def test_an_area_is_one_however_it_is_typed(typed, area, data_dir):
    """Numbers and footnotes of printed tables go; the number of a unit below a province stays."""
    earlier = {"period": "2023-01", "published_on": "2023-02-10"}

    kept = one_row.indicator(data_dir, **{**VALUE, **earlier, "area": typed})

    assert [row["area"] for row in kept.rows] == [area]


@pytest.mark.parametrize("year", ["20234", "2010"])
def test_a_year_that_cannot_be_is_told_once(year, data_dir):
    """No area is held against it."""
    with pytest.raises(DataError) as caught:
        one_row.score(data_dir, **{**SCORE, "area": "Huế", "year": year})
    assert {problem.file for problem in caught.value.problems} == {"--year"}


def test_no_table_is_read_by_a_year_that_cannot_be(data_dir, tmp_path, capsys):
    """It is told before anything else."""
    told = ["--published", "2024-04-17", "--source", "x", "--data-dir", str(data_dir), "--lang", "en"]

    assert cli.run(["import", "par", str(tmp_path / "no-such.csv"), "--year", "20234", *told]) == 2
    assert capsys.readouterr().err == "--year must be from 1990 to 2100, found 20234\n"


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_row_is_refused_by_the_file_and_by_add(case, data_dir, part, capsys):
    """`check` and a report's door name file and row, `add` the option; nothing is written."""
    table, row, column = WRONG[case]
    with pytest.raises(DataError) as caught:
        ADD[table](data_dir, **row)
    option = "--" + OPTIONS.get(column, column).replace("_", "-")
    assert option in {problem.file for problem in caught.value.problems}

    path = data_dir / table.file
    before = path.read_bytes()
    path.write_bytes(append_rows(before, table, [row]))
    code = cli.run(["check", "--as-of", TODAY.isoformat(), "--data-dir", str(data_dir), "--json"])
    told = json.loads(capsys.readouterr().out)
    last = len(path.read_text(encoding="utf-8").splitlines())
    assert code == 1
    assert (table.file, last, column) in {
        (each["file"], each["row"], each["column"]) for each in told["problems"]
    }
    assert before == (part / table.file).read_bytes()


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("scenario = [1]", "expect.scenario_table"),
        ("scenario = 1", "expect.scenario_table"),
        ("[scenario.x]\nname_vi = 5", "expect.quoted"),
        ("[scenario.x]\nname_vi = ''", "expect.name_of_scenario"),
        ("[scenario.x]\nname_vi = 'x'\nindicators = { no_such_code = 1 }", "expect.choice"),
        ("[scenario.x]\nname_vi = 'x'\npoints = { D9 = 1 }", "expect.choice_near"),
        ("[scenario.x]\nname_vi = 'x'\npoints = { '9.9.9' = 1 }", "expect.criteria_first"),
    ],
)
def test_a_wrong_scenario_is_refused(written, key, data_dir):
    """What is no table of scenarios, and names that no table has."""
    (data_dir / scenarios.FILE).write_text(written, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load.read_vintages(data_dir)

    assert {(each.file, each.expected_key.removesuffix("_near")) for each in caught.value.problems} == {
        (scenarios.FILE, key.removesuffix("_near"))
    }


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("876/QĐ-BNV", True),
        ("2024", True),
        ("0/QĐ-GĐ", True),
        ("abc", False),
        ("=1+1", False),
        ("../../x", False),
    ],
)
def test_a_framework_has_the_number_of_a_decision(name, good, data_dir):
    """Or a year; the annex's import goes through the same door."""
    path = data_dir / "frameworks.csv"
    content = path.read_text(encoding="utf-8").replace("2948/QĐ-BNV", name).encode()
    try:
        load.rehearse(data_dir, path.name, content)
        keys = set()
    except DataError as error:
        keys = {each.expected_key for each in error.problems}

    assert ("expect.decision" in keys) is not good


@pytest.mark.parametrize("cell", ["a\nb", "a\rb", "a\u2028b", "a\0b", "a\udcffb"], ids=ascii)
def test_a_cell_that_a_file_of_lines_cannot_hold_is_refused(cell, data_dir, tmp_path):
    """One row stays one line, in the letters of UTF-8; what all rows share is told once, at its option."""
    path = tmp_path / "list.csv"
    lines = [f"pub_inv_disb_rate,2023-{month:02d},{month}" for month in range(1, 4)]
    path.write_text("\n".join(["indicator_code,period,value", *lines]), encoding="utf-8")
    shared = {"source_url": cell, "published_on": "2024-04-17"}
    with pytest.raises(DataError) as caught:
        lists.rows_of_list(data_dir, path, "indicators", shared=shared)

    assert [(each.file, each.row) for each in caught.value.problems] == [("--source", None)]


@pytest.mark.parametrize(
    "broken",
    [
        b"no entry\n",
        b"[" * 100_000 + b"\n",
        b"\xff\xfe{\x00}\x00",
        b'{"rows": ' + b"9" * 5_000 + b"}\n",
        b'{"rows": [], "rows": []}\n',
    ],
    ids=["words", "brackets", "UTF-16", "number", "key twice"],
)
def test_nothing_is_added_while_the_journal_is_damaged(broken, data_dir, part):
    """It could not be undone; journal and table stay as they are."""
    proposal = one_row.score(data_dir, **SCORE)
    (data_dir / journal.FILE).write_bytes(broken)
    with pytest.raises(DataError) as caught:
        append.append(proposal, insist=True, who="thử")

    assert {each.file for each in caught.value.problems} == {journal.FILE}
    assert (data_dir / journal.FILE).read_bytes() == broken
    assert (data_dir / SCORES.file).read_bytes() == (part / SCORES.file).read_bytes()


def test_a_file_that_is_read_only_is_not_written_by_anyone(data_dir):
    """Additions and scenarios alike, even if the system would allow it."""
    proposal = one_row.score(data_dir, **SCORE)
    for name in (SCORES.file, scenarios.FILE):
        (data_dir / name).chmod(0o444)
    before = {path.name: path.read_bytes() for path in data_dir.iterdir()}

    with pytest.raises(WriteError, match="permission denied"):
        append.append(proposal, insist=True, who="thử")
    with pytest.raises(WriteError, match="permission denied"):
        add_scenario(data_dir, Scenario(scenario_id="", name_vi="Thêm", points={"D3": 0.5}))

    left = {path.name: path.read_bytes() for path in data_dir.iterdir() if path.name != load.LOCK}
    assert left == before


def test_who_writes_next_clears_away_what_a_killed_one_left(data_dir):
    """On systems where a new file needs a name."""
    (data_dir / ".scores.csv.0123456789abcdef.part").write_bytes(b"half")
    append.append(one_row.score(data_dir, **SCORE), insist=True, who="thử")

    assert list(data_dir.glob(".*.part")) == []


def test_an_unknown_column_is_refused(data_dir):
    """As in the file."""
    with pytest.raises(SpecError):
        one_row.score(data_dir, **{**SCORE, "points": "9"})
