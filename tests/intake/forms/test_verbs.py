"""The verbs form, intake and status: what they print, and their exit codes."""

import datetime as dt

import pandas as pd
import pytest

from forecast import cli
from forecast.answer.result import Result, table_names
from forecast.base.spec import RunSpec

SIX = 6


def told(capsys, *arguments: object) -> tuple[int, str, str]:
    """Run one command; give its exit code, what it printed and what it refused."""
    code = cli.run([str(each) for each in arguments])
    out = capsys.readouterr()
    return code, out.out, out.err


@pytest.fixture
def run_folder(tmp_path):
    """A made-up run: medians of 9 with narrow ranges; of D3 the models alone say 3."""
    spec = RunSpec(index_code="PAR", area="TP. Hồ Chí Minh", target_year=2024, as_of=dt.date(2024, 10, 1))
    summary = pd.DataFrame({"component": ["D2", "D3"], "median": 9.0, "lower": 8.5, "upper": 9.5})
    told_apart = ("x", "D3", 3.0, 2.0, 4.0, "old")  # the models without departments; the summary has both
    names = ["department", "component", "model_median", "model_lower", "model_upper", "submission_id"]
    tables = {name: pd.DataFrame({"component": []}) for name in table_names()}
    tables |= {"summary": summary, "departments": pd.DataFrame([told_apart], columns=names)}
    Result(spec=spec, **tables).write(tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.slow
def test_all_forms_in_one_go(plain_office, capsys):
    """Six files with plain names; a second time they are the same, and a filled one is not written over."""
    asked = ["form", "--all", "--target-year", 2024, "--as-of", "2024-08-15", "--data-dir", plain_office.data]
    code, out, _ = told(capsys, *asked, "--out", plain_office.desk)
    names = sorted(path.name for path in plain_office.desk.glob("*.xlsx"))
    again = told(capsys, *asked, "--out", plain_office.desk)
    plain_office.desk.joinpath(names[0]).write_bytes(b"filled")
    taken = told(capsys, *asked, "--out", plain_office.desk)

    assert (code, len(out.splitlines()), again[0]) == (0, SIX, 0)
    assert names[-1] == "du-bao-2024_van-phong-ubnd-thanh-pho.xlsx"
    assert "du-bao-2024_so-tu-phap.xlsx: mẫu của Sở Tư pháp, 1 thành phần." in out
    assert taken[0] == 4
    assert "không ghi đè" in taken[2]
    assert plain_office.desk.joinpath(names[0]).read_bytes() == b"filled"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ([], "--department “tên cơ quan” hoặc --all"),
        (["--all", "--department", "Sở Tư pháp"], "--department “tên cơ quan” hoặc --all"),
        (["--department", "Sở Tư phap"], "có phải là “Sở Tư pháp” không"),
        (["--all", "--area", "Hà Nộii"], "có phải là “Hà Nội” không"),
        (["--all", "--with-forecast", "latest", "--reports-dir", "nowhere"], "chưa có lượt chạy nào"),
        (["--all", "--with-forecast", "nowhere"], "Không đọc được kết quả"),
    ],
)
def test_wrong_use_is_one_sentence(plain_office, capsys, more, words):
    """Exit code 2 and no file."""
    asked = ["form", "--target-year", 2024, "--as-of", "2024-08-15", "--data-dir", plain_office.data]
    code, _, err = told(capsys, *asked, *more, "--out", plain_office.desk)

    assert code == 2
    assert words in err
    assert list(plain_office.desk.iterdir()) == []


def test_a_form_shows_the_figures_of_a_run(plain_office, run_folder, capsys):
    """Read from the run's tables; a run of another year is refused."""
    asked = ["--department", "Sở Tư pháp", "--as-of", "2024-08-15", "--with-forecast", run_folder]
    where = ["--out", plain_office.desk, "--data-dir", plain_office.data]
    good = told(capsys, "form", "--target-year", 2024, *asked, *where)
    other = told(capsys, "form", "--target-year", 2025, *asked, *where)

    assert good[0] == 0
    assert (other[0], "là của PAR, TP. Hồ Chí Minh, 2024" in other[2]) == (2, True)


@pytest.mark.slow
def test_intake_and_status_are_as_agreed(plain_office, run_folder, capsys, golden):
    """What an analyst reads from the first refusal to the table of departments."""
    bad = plain_office.filled({"H8": "abc"}, name="sai.xlsx")
    good = plain_office.filled(name="dung.xlsx")
    other = plain_office.filled(department="Văn phòng UBND Thành phố", name="vp.xlsx")
    where = ["--data-dir", plain_office.data]
    first = told(capsys, "intake", bad, good, "--received-on", "2024-09-28", *where)
    second = told(capsys, "intake", good, other, "--received-on", "2024-10-03", *where)
    status = ["status", "--target-year", 2024, "--as-of", "2024-10-10", *where]
    third = told(capsys, *status)
    fourth = told(capsys, *status, "--run", run_folder, "--lang", "en")
    pages = [f"exit {code}\n{out}{err}" for code, out, err in (first, second, third, fourth)]

    golden("submissions/verbs.txt", "\n".join(pages).replace(str(plain_office.desk), "DESK"))


def test_a_day_of_receipt_ahead_is_refused(plain_office, capsys):
    """A slip of the year would make every form the latest."""
    asked = ["--received-on", "2099-01-01", "--data-dir", plain_office.data]
    code, _, err = told(capsys, "intake", plain_office.filled(), *asked)

    assert (code, "chưa tới" in err) == (2, True)
