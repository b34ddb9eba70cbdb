"""After the result: a made-up result of 2024 comes in April 2025, is imported, verified, and told in 2025.

EVERY FIGURE OF 2024 HERE IS MADE UP, by a seed.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast import cli
from forecast.answer import record
from forecast.base.spec import RunSpec
from forecast.runs import ledger as ledger_of
from forecast.runs import run
from forecast.runs.kernels import can_fork
from forecast.runs.manifest import Manifest
from forecast.runs.report_notebooks import Kind

ROOT = Path(__file__).parents[2]
CITY = "TP. Hồ Chí Minh"
MAXIMA = (9.5, 10, 13, 10.5, 15, 12, 13.5, 16.5)
MEETING = (Kind(stem="meeting", tables=8, figures=3),)
PUBLISHED = ("--published", "2025-04-10", "--source", "made up")
FORM = (
    "submission_id,department,index_code,area,target_year,component,low,likely,high,self_score,reason,remedy,"
    "due,received_on,form_version,sha256,file"
)
FORMS = (("made-up-1", 8.0, 9.9, "2024-09-05"), ("made-up-2", 8.2, 9.0, "2024-09-28"))

pytestmark = pytest.mark.skipif(not can_fork(), reason="kernels are forked here")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the public data from 2021 on, and two made-up forms of one department."""
    place = tmp_path_factory.mktemp("after")
    shutil.copytree(ROOT / "data", place / "data")
    with (place / "data" / "scores.csv").open(encoding="utf-8") as handle:
        header, *rows = csv.reader(handle)
    kept = [row for row in rows if int(row[header.index("year")]) >= 2021]
    with (place / "data" / "scores.csv").open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([header, *kept])
    lines = [
        f"{name},Sở Tư pháp,PAR,{CITY},2024,D2,{low},{likely},9.95,,,,,{day},made up,{name},{name}.xlsx"
        for name, low, likely, day in FORMS
    ]
    (place / "data" / "submissions.csv").write_text("\n".join([FORM, *lines, ""]), encoding="utf-8")
    return place


def made_up_result(path: Path, office: Path, *, seed: int) -> pd.DataFrame:
    """Print a table of all provinces as the Ministry does, with figures by chance."""
    areas = pd.read_csv(office / "data" / "areas.csv")
    names = areas.loc[areas["kind"] == "province", "area"].tolist()
    share = np.random.default_rng(seed).uniform(0.75, 0.97, (len(names), len(MAXIMA)))
    points = np.round(share * MAXIMA, 2)
    table = pd.DataFrame(points, index=names, columns=[f"D{k}" for k in range(1, 9)])
    table["total"] = table.sum(axis=1).round(2)
    table["rank"] = table["total"].rank(ascending=False, method="min").astype(int)
    heads = [f"{numeral}. Lĩnh vực" for numeral in ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")]
    lines = [["STT", "Tỉnh, thành phố", *heads, "Chỉ số CCHC (%)", "Xếp hạng"]]
    lines.append(["", "Điểm tối đa", *(f"{each:g}".replace(".", ",") for each in MAXIMA), "100", ""])
    for number, (name, row) in enumerate(table.iterrows(), start=1):
        cells = [f"{value:.2f}".replace(".", ",") for value in row.iloc[:9]]
        lines.append([str(number), str(name), *cells, str(int(row["rank"]))])
    path.write_text(
        "KẾT QUẢ GIẢ ĐỊNH\n" + "\n".join(";".join(line) for line in lines) + "\n", encoding="utf-8"
    )
    return table


def report(office: Path, year: int, day: dt.date) -> run.Outcome:
    """Make the report of the city's meeting, with few draws."""
    spec = RunSpec(index_code="PAR", area=CITY, target_year=year, as_of=day, draws=400)
    folders = {
        "data_dir": office / "data",
        "reports_dir": office / "reports",
        "notebooks_dir": ROOT / "notebooks",
    }
    return run.report(spec, kinds=MEETING, options=run.Options(workers=1), **folders)


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Run a command in English and give its exit code and what it says."""
    code = cli.run([*map(str, arguments), "--lang", "en"])
    caught = capsys.readouterr()
    return code, caught.out + caught.err


def take_in(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Import the table, which is doubted as its figures are by chance, and enter the announcement."""
    data = ("--data-dir", office / "data", "--yes")
    taking_in = ("import", "par", office / "made-up.csv", "--year", 2024, *PUBLISHED, "--no-forecast", *data)
    code, said = told(capsys, *taking_in)
    assert (code, "hardly that of 2023" in said) == (1, True)  # figures by chance do look made up
    code, said = told(capsys, *taking_in, "--insist")
    assert code == 0, said
    announced = ("--index-code", "PAR", "--year", 2024, "--announced-on", "2025-04-10", "--precision", "day")
    assert told(capsys, "add", "announcement", *announced, "--source", "made up", *data)[0] == 0


def test_a_result_is_taken_in_verified_and_told_in_the_next_report(
    office: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """Report, announcement, 63 provinces, verification, next year's report: each sees the one before."""
    monkeypatch.setattr(record, "FIRST_TARGET", 2024)  # earlier years have tests of their own
    folders = ("--data-dir", office / "data", "--reports-dir", office / "reports")
    code, said = told(capsys, "verify", *folders)
    assert (code, "holds no report that forecasts PAR" in said) == (2, True)

    first = report(office, 2024, dt.date(2024, 10, 20))
    code, said = told(capsys, "verify", *folders)
    assert (code, "holds no result of PAR for 2024" in said) == (2, True)
    code, said = told(capsys, "reproduce", "latest", "--reports-dir", office / "reports")
    assert (code, "the same bytes" in said) == (0, True), said

    table = made_up_result(office / "made-up.csv", office, seed=2024)
    beside = ("--with", office / "made-up.csv", "--target-year", 2024, *PUBLISHED)
    code, said = told(capsys, "verify", *folders, *beside[:2])
    assert (code, "--target-year is needed too" in said) == (2, True)
    assert told(capsys, "verify", *folders, *beside)[0] == 1  # doubted, as by the import
    code, said = told(capsys, "verify", *folders, *beside, "--insist")
    assert code == 0, said
    take_in(office, capsys)

    code, said = told(capsys, "verify", *folders)
    assert (code, "added to the ledger: 0" in said) == (0, True), said  # the same results, from the data now
    path = office / "reports" / "verification.csv"
    ledger = pd.read_csv(path)
    own = ledger[ledger["shown"] & (ledger["area"] == CITY)].set_index("component")
    assert own.loc["total", "observed"] == table.loc[CITY, "total"]
    assert own.loc["rank", "observed"] == table.loc[CITY, "rank"]
    assert set(own.index) >= {f"D{k}" for k in range(1, 9)} | {"total", "rank", "target"}
    assert ledger[(ledger["model"] == "evidence") & (ledger["component"] == "total")]["area"].nunique() == 63
    # Both forms of the department, the one that was superseded too.
    forms = ledger[ledger["model"] == "department_so-tu-phap"].set_index("run_id")
    assert forms["median"].to_dict() == {name: likely for name, _, likely, _ in FORMS}
    assert forms["observed"].tolist() == [table.loc[CITY, "D2"]] * 2

    before = path.read_bytes()
    assert "added to the ledger: 0" in told(capsys, "verify", *folders)[1]
    assert path.read_bytes() == before

    page = (office / "reports" / "verify.html").read_text(encoding="utf-8")
    assert f"{table.loc[CITY, 'total']:.2f}".replace(".", ",") in page
    assert "Sở Tư pháp" in page

    second = report(office, 2025, dt.date(2025, 10, 20))
    text = (second.folder / "meeting.html").read_text(encoding="utf-8")
    (line,) = re.findall(r"<p[^>]*>(Năm 2024: báo cáo theo số liệu đến 20/10/2024.*?)</p>", text)
    assert f"{table.loc[CITY, 'total']:.2f}".replace(".", ",") in line
    assert "verification.csv" in Manifest.read(second.folder).inputs.data
    day_before = RunSpec(index_code="PAR", area=CITY, target_year=2025, as_of=dt.date(2025, 4, 9))
    assert ledger_of.for_report(office / "reports", day_before) == {}  # the result is not out yet
    assert Manifest.read(first.folder).inputs.data.keys() < Manifest.read(second.folder).inputs.data.keys()
