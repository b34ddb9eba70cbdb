"""The command line: exit codes, sentences in two languages, and no traceback for a user's slip."""

import datetime as dt
import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from forecast import cli
from forecast.base.errors import RunError, SpecError, WriteError
from forecast.cli import local, plain

REAL = Path(__file__).parents[2] / "data"
CHECK = ["check", "--as-of", "2024-10-20", "--data-dir", str(REAL)]


def told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Run one command; give its exit code, what it printed and what it refused."""
    code = cli.run(arguments)
    out = capsys.readouterr()
    return code, out.out, out.err


def test_check_prints_what_is_known(capsys, golden):
    """The page that an analyst reads, whole; a change of it is looked at in the diff."""
    code, out, err = told(CHECK, capsys)

    assert (code, err) == (0, "")
    golden("check-par.txt", out)


def test_check_speaks_english(capsys, golden):
    """The same page for the other language and the other index."""
    code, out, _ = told(["--lang", "en", *CHECK, "--index-code", "SIPAS", "--area", "Hà Nội"], capsys)

    assert code == 0
    golden("check-sipas-en.txt", out)


def test_columns_are_aligned(capsys):
    """In each table of the page every line is as wide as the rule under its headers, or shorter."""
    _, out, _ = told(CHECK, capsys)
    lines = out.splitlines()
    rules = [place for place, line in enumerate(lines) if line.startswith("──")]

    assert len(rules) == 6
    for place in rules:
        gaps = [i for i, char in enumerate(lines[place]) if char == " "]
        table = [lines[place - 1]]
        for line in lines[place + 1 :]:
            if not line or plain.width(line) > plain.width(lines[place]) or "  " not in line:
                break
            table.append(line)
        assert all(line.ljust(len(lines[place]))[gap] == " " for line in table for gap in gaps)


def test_check_as_json(capsys):
    """Machines get the same facts, and the hashes of the files."""
    code, out, _ = told([*CHECK, "--json"], capsys)
    content = json.loads(out)

    assert code == 0
    assert content["sound"] is True
    assert content["last_year"] == 2023
    assert len(content["hashes"]) == 12


@pytest.fixture
def broken(tmp_path) -> Path:
    """Copy the real tables and break two cells."""
    folder = Path(shutil.copytree(REAL, tmp_path / "data"))
    for name, old, new in (("scores.csv", "86.97", '"86,97"'), ("targets.csv", "2024-01-03", "3/1/2024")):
        path = folder / name
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8", newline="")
    return folder


def test_bad_data_are_all_listed_with_exit_code_1(broken, capsys):
    """Each bad cell has its line: file, row, column, value, what to write."""
    code, out, err = told(["check", "--as-of", "2024-10-20", "--data-dir", str(broken)], capsys)

    assert (code, out) == (1, "")
    first, second = err.splitlines()[1:]
    assert "scores.csv, dòng 339, cột score, gặp “86,97”" in first
    assert first.endswith("viết 86.97")
    assert "targets.csv, dòng 2, cột set_on, gặp “3/1/2024”" in second
    assert second.endswith("viết 2024-01-03")


def test_bad_data_as_json(broken, capsys):
    """A machine gets each problem's parts, and the same exit code."""
    code, out, _ = told([*CHECK[:-1], str(broken), "--json"], capsys)
    content = json.loads(out)

    assert (code, content["sound"]) == (1, False)
    assert [(p["file"], p["row"], p["column"]) for p in content["problems"]] == [
        ("scores.csv", 339, "score"),
        ("targets.csv", 2, "set_on"),
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["chekc"], "có phải là “check” không"),
        (["check"], "Thiếu tùy chọn --as-of"),
        (["intake"], "Thiếu FILE. Xem: forecast intake"),
        (["framework"], "Thiếu import|show. Xem: forecast framework"),
        (["framework", "import"], "Thiếu FILE. Xem: forecast framework import"),
        (["check", "--as-of"], "--as-of phải có giá trị"),
        (["check", "--as-of", "20/2024"], "ví dụ: 20/10/2024"),
        (["check", "--as-of", "2024-02-30"], "không có ngày 2024-02-30"),
        (["check", "--as-of", "1999-01-01", "--data-dir", str(REAL)], "28/02/2014"),
        ([*CHECK, "--aera", "x"], "có phải là --area không"),
        ([*CHECK, "--zzzzzz", "x"], "Không có tùy chọn --zzzzzz"),
        ([*CHECK, "--index-code", "SIPS"], "có phải là “SIPAS” không"),
        ([*CHECK, "--area", "Hà Nộii"], "có phải là “Hà Nội” không"),
        ([*CHECK, "--area", "TP.", "HCM"], "dấu ngoặc kép"),
        ([*CHECK[:3], "--data-dir", ""], "để trống"),
        ([*CHECK[:3], "--data-dir", "a\0b"], "để trống"),
        (["--lang", "fr", *CHECK], "được nhận: vi, en"),
        (["--lang"], "--lang để trống"),
        (["--nope"], "Không có tùy chọn --nope"),
        ([*CHECK, "--json=1"], "không nhận giá trị"),
    ],
)
def test_wrong_use_is_one_sentence_with_exit_code_2(arguments, words, capsys):
    """What was wrong, the nearest right word, and no traceback."""
    code, out, err = told(arguments, capsys)

    assert (code, out) == (2, "")
    assert words in err
    assert "Traceback" not in err


IDLE = [
    ("add announcement --as-of 2024-01-01", "--as-of goes with score, indicator, event alone"),
    ("backtest --out x --scores y --as-of 2024-01-01", "--as-of does nothing beside --scores"),
    ("backtest --out x --scores y --data-dir z", "--data-dir does nothing beside --scores"),
    ("backtest --out x --as-of 2024-01-01 --origins 2020", "--origins goes with --scores alone"),
    ("backtest --out x --as-of 2024-01-01 --events y", "--events goes with --scores alone"),
    ("backtest --out x --as-of 2024-01-01 --covariates y", "--covariates goes with --scores alone"),
    ("backtest --out x --scores y --scheduler z --workers 2", "--workers does nothing beside --scheduler"),
    ("form --all --target-year 2024 --reports-dir x", "--reports-dir goes with --with-forecast alone"),
    ("framework show --first-year 2024", "--first-year goes with import alone"),
    ("framework show --dry-run", "--dry-run goes with import alone"),
    ("hub validate x --reports-dir y", "--reports-dir goes with export alone"),
    ("hub export x --run . --reports-dir y", "--reports-dir does nothing beside --run"),
    ("import par x --indicator y", "--indicator goes with indicators,"),
    ("import criteria x --unit points", "--unit goes with par,"),
    ("import par x --no-forecast --area y", "--area does nothing beside --no-forecast"),
    ("import remedies x --no-forecast --area y", "--area does nothing beside --no-forecast"),
    ("notebook list --cell-timeout 5", "--cell-timeout goes with run alone"),
    ("runs list --keep 3", "--keep goes with prune alone"),
    ("runs show --damaged", "--damaged goes with prune alone"),
    ("runs prune --data-dir x", "--data-dir goes with retry alone"),
    ("schedule show --every x", "--every goes with install alone"),
    ("schedule remove --again", "--again goes with run alone"),
    ("schedule install --again", "--again goes with run alone"),
    ("schedule install --insecure", "--insecure goes with --smtp alone"),
    ("status --target-year 2024 --as-of 2024-01-01 --reports-dir x", "--reports-dir goes with --run alone"),
    ("undo --list abc", "Not understood: abc"),
    ("undo --list --by x", "--by does nothing beside --list"),
    ("verify --source x", "--source goes with --with alone"),
    ("check --as-of 2024-01-01 --as-of 2024-01-02", "The option --as-of has two values; keep one"),
    ("report --area x --area y", "The option --area has two values; keep one"),
    ("check --lang=en --as-of 2024-01-01", "The option --lang has two values; keep one"),
    ("--lang en check --as-of 2024-01-01", "The option --lang has two values; keep one"),
]


@pytest.mark.parametrize(("command", "said"), IDLE, ids=[command for command, _ in IDLE])
def test_an_option_that_would_be_ignored_is_refused(command, said, capsys):
    """Whoever typed it meant something by it; nothing is read or made before."""
    assert cli.run([*command.split(), "--lang", "en"]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["runs", "show", ""], "[ID]"),
        (["reproduce", " "], "RUN|latest"),
        (["status", "--target-year", "2024", "--as-of", "2024-01-01", "--run", ""], "--run"),
        (["form", "--all", "--target-year", "2024", "--with-forecast", ""], "--with-forecast"),
        (["add", "score", "--note", ""], "--note"),
        (["import", "par", "x", "--column", " "], "--column"),
        (["undo", "--by", ""], "--by"),
    ],
)
def test_what_is_typed_empty_is_refused(command, name, capsys):
    """It is not taken for what was not typed."""
    assert cli.run([*command, "--lang", "en"]) == 2
    assert capsys.readouterr().err == f"{name} is empty; a value is needed\n"


DATED = [
    "check --as-of",
    "report --target-year 2024 --as-of",
    "status --target-year 2024 --as-of",
    "form --all --target-year 2024 --as-of",
    "add score --as-of",
    "add event --as-of",
    "import par x --published",
    "import par x --source-day",
    "intake x --received-on",
    "intake x --as-of",
    "verify --as-of",
    "new-year 2025 --as-of",
    "backtest --out x --as-of",
]


@pytest.mark.parametrize("command", DATED)
def test_a_day_to_come_is_refused_and_today_is_not(command, monkeypatch, capsys):
    """What will be known on it is not known; the day on which a schedule ends may lie ahead."""
    monkeypatch.setattr("forecast.base.spec.today", lambda: dt.date(2024, 10, 20))
    option = command.split()[-1]

    assert cli.run([*command.split(), "2024-10-21", "--lang", "en"]) == 2
    said = capsys.readouterr().err
    expected = (
        f"{option}: the day 21 Oct 2024 is still to come (today is 20 Oct 2024); give today or an earlier day"
    )
    assert said.strip() == expected
    assert local.DayType().convert("2024-10-20", None, None) == dt.date(2024, 10, 20)
    assert local.DayType(to_come=True).convert("2024-10-21", None, None) == dt.date(2024, 10, 21)


@pytest.mark.parametrize("command", [["undo", "--by"], ["notebook", "new", "x", "--title"]])
def test_what_others_will_see_is_a_name_on_one_line(command, capsys):
    """It is written down, and steers no terminal."""
    assert cli.run([*command, "a\x1b[31m", "--lang", "en"]) == 2
    assert f"{command[-1]} must be a name on one line" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        ["import", "self-scores"],
        ["intake"],
        ["framework", "show"],
        ["predict", "--target-year", "2024", "--out", "o.csv", "--scores"],
        ["check", "--as-of", "2024-10-20", "--data-dir"],
    ],
)
def test_a_name_that_breaks_over_lines_is_refused_in_one(command, tmp_path, capsys):
    """At every door, before the file is looked at."""
    folder = tmp_path / ("long" * 20)  # what is shown is the name, wherever it stands
    folder.mkdir()
    path = folder / "a\nb.csv"
    path.write_text("x")

    code = cli.run([*command, str(path), "--lang", "en"])
    said = capsys.readouterr().err

    assert code == 2
    assert "“a\\nb.csv” breaks over lines" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("year", ["0", "-5", "20234"])
@pytest.mark.parametrize(
    "command",
    [
        "intake x.xlsx --target-year",
        "verify --target-year",
        *(f"import {kind} x.csv --year" for kind in ("par", "criteria", "indicators", "self-scores")),
    ],
)
def test_a_year_is_one_that_can_be(command, year, capsys):
    """Else every form would be told to be of another year, and a heading to lack one; 0 is not left out."""
    *words, option = command.split()

    assert cli.run([*words, f"{option}={year}", "--lang", "en"]) == 2
    assert f"{option} must be from 1990 to 2100, found {year}" in capsys.readouterr().err


FOLDERS = [
    "check --as-of 2024-10-20 --data-dir",
    "check --as-of 2024-10-20 --data-dir=x/below",
    "form --all --target-year 2024 --out",
    "form --all --target-year 2024 --reports-dir",
    "hub export hub --reports-dir",
    "intake x.xlsx --data-dir",
    "new-year 2025 --data-dir",
    "notebook list --notebooks-dir",
    "notebook new x --folder",
    "notebook run x --out",
    "report --target-year 2024 --as-of 2024-10-20 --reports-dir",
    "reproduce latest --reports-dir",
    "runs list --reports-dir",
    "runs prune --reports-dir",
    "runs prune --reports-dir=x/below",
    "schedule show --reports-dir",
    "schedule install --write-only",
    "send --to-file x --reports-dir",
    "send --to-file x --dry-run --out",
    "status --target-year 2024 --as-of 2024-10-20 --reports-dir",
    "undo --list --data-dir",
    "verify --reports-dir",
]


@pytest.mark.parametrize("command", FOLDERS)
def test_a_file_is_no_folder(command, tmp_path, monkeypatch, capsys):
    """Nor is what lies below one; nothing is read from it as from an empty folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").write_text("x", encoding="utf-8")
    words = command.split()
    last = words[-1] if "=" in words[-1] else f"{words[-1]}=x"

    assert cli.run([*words[:-1], last, "--lang", "en"]) == 2

    option = last.partition("=")[0]
    assert f"{option} takes a folder, and “x” is none" in capsys.readouterr().err


FILES = [
    "import par ADDRESS --year 2023 --published 2024-04-17 --source x",
    "framework import ADDRESS --framework 1/QĐ-GĐ",
    "intake ADDRESS",
    "predict --scores ADDRESS --target-year 2024",
    "hub validate ADDRESS",
    "hub score x --observed ADDRESS",
    "verify --with ADDRESS",
    "send --to-file ADDRESS",
    "check --data-dir ADDRESS",
]


@pytest.mark.parametrize("command", FILES)
@pytest.mark.parametrize("address", ["https://moha.gov.vn/a.xlsx", "HTTP://a/b", "file:///tmp/a.csv"])
def test_an_address_is_no_path(command, address, capsys):
    """It is not looked for on this machine; what to do is said."""
    assert cli.run([*command.replace("ADDRESS", address).split(), "--lang", "en"]) == 2

    assert f"“{address}”: this is an address, and no file of this machine" in capsys.readouterr().err


@pytest.mark.parametrize(("below", "needed"), [("", os.X_OK | os.R_OK), ("/below", os.X_OK)])
def test_a_folder_that_may_not_be_looked_into_is_no_empty_one(below, needed, tmp_path, monkeypatch, capsys):
    """It is not taken for one without runs or notebooks; root, as in containers, may look everywhere."""
    (tmp_path / "x").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: (path, mode) != (tmp_path / "x", needed))

    assert cli.run(["runs", "list", "--reports-dir", f"{tmp_path}/x{below}", "--lang", "en"]) == 2

    assert "may not be looked into" in capsys.readouterr().err


def test_no_verb_shows_the_help(capsys):
    """Who types the bare command is shown the way, as wrong use."""
    code, _, err = told([], capsys)

    assert code == 2
    assert "check" in err


@pytest.mark.parametrize(("lang", "heading"), [("vi", "Cách dùng:"), ("en", "Usage:")])
@pytest.mark.parametrize("arguments", [["--help"], ["check", "--help"]])
def test_help_is_in_the_language_wherever_the_option_stands(lang, heading, arguments, capsys):
    """--lang may come before or after the verb."""
    for order in (["--lang", lang, *arguments], [*arguments, f"--lang={lang}"]):
        code, out, _ = told(order, capsys)
        assert code == 0
        assert out.startswith(heading)


def test_every_verb_is_there_and_has_its_help(capsys):
    """A verb that is listed can be opened, in both languages."""
    for verb in cli.VERBS:
        for lang in ("vi", "en"):
            code, out, err = told(["--lang", lang, verb, "--help"], capsys)
            assert (code, err) == (0, ""), verb
            assert "forecast " + verb in out


def replace_check(monkeypatch, function):
    """Let `forecast check` do something else."""
    command = local.Verbs("vi", cli.VERBS).get_command(None, "check")
    command.callback = function
    monkeypatch.setitem(local._BUILDERS, "check", lambda _: command)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SpecError("spec.empty", {"name": "area"}), 2),
        (RunError("spec.empty", {"name": "notebook"}), 3),
        (WriteError("spec.empty", {"name": "out"}), 4),
        (OSError(errno.ENOSPC, "No space left on device", "reports/x"), 4),
        (PermissionError(errno.EACCES, "Permission denied", "reports"), 4),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (SystemExit(143), 143),
        (ZeroDivisionError("a bug"), 3),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_failure_has_its_exit_code(error, code, capsys, monkeypatch):
    """Full disk, refusal, failed run, interruption and a bug are told apart."""

    def fail(**_: object) -> int:
        raise error

    replace_check(monkeypatch, fail)

    found, _, err = told(CHECK, capsys)

    assert found == code
    assert err.strip()
    assert ("Traceback" in err) == isinstance(error, ZeroDivisionError)


def test_a_verbs_own_exit_code_is_kept(capsys, monkeypatch):
    """A verb may say how it went by the number that it returns."""
    replace_check(monkeypatch, lambda **_: 3)

    assert told(CHECK, capsys)[0] == 3


def test_help_opens_neither_pandas_nor_a_verb():
    """The first screen comes at once."""
    code = "import sys; from forecast import cli; cli.run(['--help']); sys.exit('pandas' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=120)

    assert run.returncode == 0


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ModuleNotFoundError("No module named 'papermill'", name="papermill"), "python3 tools/set_up.py"),
        (ImportError("libfoo.so: cannot open shared object file"), "python3 tools/set_up.py"),
        (ImportError("cannot import name 'x'", name="forecast.data.load"), "gửi cho người phụ trách"),
        (ZeroDivisionError("x"), "gửi cho người phụ trách"),
    ],
)
def test_a_broken_environment_is_told_from_a_bug(error, said, monkeypatch, capsys):
    """What another package lacks is mended by installing anew; what ours lacks is for its maintainer."""

    def broken(*_):
        raise error

    monkeypatch.setattr(local.Verbs, "get_command", broken)

    assert cli.run(CHECK) == 3
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert said in told.splitlines()[-1]


@pytest.mark.skipif(os.name == "nt", reason="there is no pipe to head on Windows")
def test_a_reader_who_leaves_early_is_no_bug():
    """`forecast check | head -1` ends without a traceback."""
    read, write = os.pipe()
    os.close(read)  # who would read has left already
    run = subprocess.run(
        [sys.executable, "-m", "forecast", *CHECK],
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
        timeout=120,
    )
    os.close(write)

    assert run.stderr == b""


def test_a_console_without_vietnamese_still_gets_an_answer():
    """An old code page must not turn a page into an error."""
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "forecast", *CHECK]
    run = subprocess.run(command, capture_output=True, check=False, env=environment, timeout=120)

    assert run.returncode == 0
    assert "Mọi bảng đều hợp lệ." in run.stdout.decode("utf-8")


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        (local.WholeType(), "2024", 2024),
        (local.WholeType(), " -3 ", -3),
        (local.DayType(), "2024-10-20", dt.date(2024, 10, 20)),
        (local.DayType(), dt.date(2024, 10, 20), dt.date(2024, 10, 20)),
        (local.PathType(), "dữ liệu", Path("dữ liệu")),
        (local.ChoiceType(("PAR",)), "PAR", "PAR"),
    ],
)
def test_types_read_their_values(kind, given, expected):
    """Text becomes a value; a default that is one already is left alone."""
    assert kind.convert(given, None, None) == expected


@pytest.mark.parametrize("given", ["2024.5", "1e3", "", "năm", "١٢"])
def test_a_whole_number_is_whole(given):
    """Nothing is rounded in silence."""
    with pytest.raises(SpecError, match="whole number"):
        local.WholeType().convert(given, None, None)


def test_tables_count_what_a_character_takes():
    """A wide character takes two columns and a combining mark none, by hand."""
    table = plain.table(["A", "Số"], [["Đắk Lắk", "1"], ["表", "20"]], ["left", "right"])

    assert table.splitlines() == ["A        Số", "───────  ──", "Đắk Lắk   1", "表       20"]
    assert plain.width("e\u0301") == 1


@pytest.mark.parametrize(
    ("numbers", "expected"), [([], ""), ([5], "5"), ([1, 2, 3], "1–3"), ([1, 3, 4, 9], "1, 3–4, 9")]
)
def test_runs_of_numbers(numbers, expected):
    """Neighbours are written as a span."""
    assert plain.ranges(numbers) == expected


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("vi", "lựa chọn “prunee” không có; có phải là “prune” không? Được nhận: list, show, retry, prune"),
        ("en", "there is no choice “prunee”; did you mean “prune”? Allowed are: list, show, retry, prune"),
    ],
)
def test_an_unknown_action_is_refused_without_listing_all_twice(lang, expected, capsys):
    """The argument has no name but its words, which the refusal lists anyway."""
    assert cli.run(["--lang", lang, "runs", "prunee"]) == 2
    assert capsys.readouterr().err.strip() == expected
