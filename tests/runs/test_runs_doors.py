"""What notebooks, their parameters, records of runs and the options of runs and reports refuse, by case."""

import datetime as dt
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from forecast import cli
from forecast.base.errors import DataError, RunError, SpecError
from forecast.base.spec import RunSpec
from forecast.runs import notebooks, parameters, single
from forecast.runs.manifest import FILE, Inputs, Manifest, run_id_of

ROOT = Path(__file__).parents[2]
DEEP = 100_000


def cell(source, *, tags=("parameters",), kind="code", **more):
    """A cell as JSON has it."""
    made = {"cell_type": kind, "id": "a", "metadata": {"tags": list(tags)}, "source": source}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {}) | more


def written(cells, **more):
    """A notebook as stored."""
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more})


GOOD = cell("year: int = 2024")
NONE, LINE, NO_CELL = (
    "is no Jupyter notebook, or damaged",
    "has a line that is not “name: type",
    "has no parameters cell",
)
IDS, MARKS = "cells have the same id, or none", "merge marks of git"
NOTEBOOKS = [
    ("", NONE),
    ("[]", NONE),
    ("null", NONE),
    ("5", NONE),
    ('"x"', NONE),
    ("{}", NONE),
    ("[" * DEEP, NONE),
    ('{"cells":' * DEEP, NONE),
    (written([GOOD])[:50], NONE),
    (written([GOOD]).encode("utf-16"), NONE),
    (written([GOOD]).encode() + b"\xff", NONE),
    (written([GOOD]) + "\0", NONE),
    ('{"cells": [], ' + written([GOOD])[1:], "the key “cells” stands twice"),
    (written(5), NONE),
    (written([1]), NONE),
    (written([GOOD], metadata=[]), NONE),
    (written([GOOD], nbformat=9), NONE),
    (written([GOOD], nbformat=3), NONE),
    (written([cell("", metadata={"tags": 5})]), NONE),
    (written([cell("", metadata=None)]), NONE),
    (written([cell(5)]), NONE),
    (written([cell("", outputs=5)]), NONE),
    ("<<<<<<< HEAD\n" + written([GOOD]) + "\n=======\n>>>>>>> x\n", MARKS),
    ("{\n<<<<<<< HEAD\n" + written([GOOD]), MARKS),
    (written([GOOD]) + "\n=======\n", MARKS),
    (written([GOOD]) + "\r\n>>>>>>> other\r\n", MARKS),
    (written([GOOD, cell("x\n<<<<<<< local\n1\n=======\n2\n>>>>>>> remote", tags=(), id="b")]), MARKS),
    (written([cell("# x\n<<<<<<< local", kind="markdown", id="b"), GOOD]), MARKS),
    (written([GOOD, cell("1", tags=())]), IDS),
    (written([{key: value for key, value in GOOD.items() if key != "id"}]), IDS),
    (written([]), NO_CELL),
    (written([cell("x = 1", tags=())]), NO_CELL),
    (written([cell("year: int = 1", kind="markdown")]), NO_CELL),
    (written([cell("x = 1")]), LINE),
    (written([cell("x: int = = 1")]), LINE),
    (written([cell("x: int = 1\0")]), LINE),
    (written([cell("x: int = " + "(" * DEEP)]), LINE),
    (written([cell("x: int = " + "-" * DEEP + "1")]), LINE),
    (written([cell("!ls")]), LINE),
    (written([cell("import os")]), LINE),
    (written([cell("x: int = open('a')")]), LINE),
    (written([cell('x: int = "a"')]), LINE),
    (written([cell("x: list = []")]), LINE),
    (written([cell('x: str = "\\ud800"')]), LINE),
    (written([cell("x: float = 1e999")]), LINE),
    (written([cell("x: int = 1\nx: int = 2")]), LINE),
    (written([cell("x: str = “a”")]), LINE),
]
KNOWN = tuple(
    parameters.Parameter(name, kind, default)
    for name, kind, default in (
        ("year", "int", 1), ("share", "float", 0.5), ("force", "bool", False), ("name", "str", "a"),
    )
)  # fmt: skip
FORM, WHOLE, NUMBER = "is not of the form parameter=value", "must be a whole number", "must be a number"
TRUTH, TEXT = "must be true or false", "must be a line of text"
PARAMETERS = {
    "": FORM, "=": FORM, "year": FORM, "=1": FORM,
    "year=": WHOLE, "year=2024.5": WHOLE, "year=1e3": WHOLE, "year=٢٠٢٤": WHOLE, "year=" + "9" * 30: WHOLE,
    "year=2024;import os": WHOLE, "year=0x10": WHOLE, "year=1_000": WHOLE,
    "share=": NUMBER, "share=nan": NUMBER, "share=inf": NUMBER, "share=1e999": NUMBER, "share=0,5": NUMBER,
    "force=": TRUTH, "force=1": TRUTH, "force=có": TRUTH, "force=yes": TRUTH,
    "name=a\nb": TEXT, "name=\0": TEXT, "name=\u202e": TEXT, "name=\ud800": TEXT,
    "yaer=1": "the nearest is year", "__import__=1": "there is no parameter __import__",
}  # fmt: skip
OWN = {
    "as_of=10/2024": "e.g. 20/10/2024",
    "as_of=2024-02-30": "there is no day 2024-02-30",
    "as_of=2044-01-01": "still to come",
    "area=Sài Gòn 2": "there is no area “Sài Gòn 2”",
    "area=Hà Nộ": "did you mean “Hà Nội”?",
    "index_code=PARX": "did you mean “PAR”?",
    "lang=fr": "allowed are: vi, en",
    "data_dir=nowhere": "there is no folder nowhere",
}
CANNOT = "cannot be used; a name has small letters"
NAMES = [
    "../x",
    "/etc/passwd",
    "x/../../y",
    "",
    "\0",
    "CON",
    "X y",
    "báo cáo",
    "a" * 300,
    "-x",
    ".hidden",
    "a\nb",
]
SPEC = {"index_code": "PAR", "area": "Hà Nội", "target_year": 2024, "as_of": "2024-10-20", "force": False}
INPUTS = Inputs(data={}, notebooks={}, code="", versions={})
MANIFESTS = [
    {"run_id": "../../evil"}, {"run_id": ""}, {"run_id": 5}, {"run_id": None},
    {"spec": []}, {"spec": {**SPEC, "area": 5}}, {"spec": {**SPEC, "target_year": "2024"}},
    {"spec": {**SPEC, "as_of": "20/10/2024"}}, {"spec": {**SPEC, "as_of": 5}}, {"spec": {**SPEC, "force": 1}},
    {"outputs": []}, {"outputs": {"/etc/passwd": ""}}, {"outputs": {"../x": ""}}, {"outputs": {"a": 5}},
    {"pages": [5]}, {"pages": None}, {"checks": [5]}, {"inputs": {}}, {"format": 2}, {"format": None},
    {"number": 1.5}, {"number": float("inf")}, {"number": True}, {"number": "1"},
    {"seconds": {"a": float("nan")}}, {"seconds": {"a": "1"}}, {"seconds": 5}, {"error": {"vi": 5}},
    {"state": "gone"}, {"state": []}, {"traces": {"a": 5}},
]  # fmt: skip
REPORT = ["report", "--target-year", "2024", "--as-of", "2024-10-20"]
COMMANDS = [
    (["report"], "Missing: --target-year"),
    (REPORT[:3], "Missing: --as-of"),
    ([*REPORT[:3], "--as-of"], "--as-of needs a value after it"),
    ([*REPORT[:3], "--as-of", "10/2024"], "e.g. 20/10/2024"),
    ([*REPORT[:3], "--as-of", "2001-10-20"], "--as-of must be from 2007 to 2100"),
    ([*REPORT[:3], "--as-of", "9999-12-31"], "the day 31 Dec 9999 is still to come"),
    (["report", *REPORT[3:], "--target-year", "24"], "--target-year must be from 2012"),
    (["report", *REPORT[3:], "--target-year", "x"], "must be a whole number"),
    (["report", *REPORT[3:], "--target-year", "2023"], "nothing is left to forecast"),
    ([*REPORT, "--area", ""], "area is empty"),
    ([*REPORT[:2], "2023", *REPORT[3:], "--area", "Sài Gòn"], "nothing is left to forecast"),
    ([*REPORT, "--area", "Hà Nộ"], "did you mean “Hà Nội”?"),
    ([*REPORT, "--area", "x" * 5_000], "area must be a name on one line"),
    ([*REPORT, "--area", "a\x1b[31m"], "area must be a name on one line"),
    ([*REPORT, "--area", "all", "--areas", "x"], "either --area or --areas"),
    ([*REPORT, "--areas", "nofile"], "there is no such file"),
    ([*REPORT, "--index-code", "par"], "did you mean “PAR”?"),
    ([*REPORT, "--workers", "-1"], "--workers must be from 0"),
    ([*REPORT, "--workers", "1.5"], "--workers must be a whole number"),
    ([*REPORT, "--cell-timeout", "0"], "--cell-timeout must be from 1"),
    ([*REPORT, "--run-timeout", "999999999"], "--run-timeout must be from 1"),
    ([*REPORT, "--data-dir", "nowhere"], "there is no such folder of data"),
    ([*REPORT, "--data-dir", ""], "--data-dir is empty"),
    ([*REPORT, "--notebooks-dir", "nowhere"], "There is no notebook meeting.ipynb"),
    ([*REPORT, "--scheduler", "x"], "--scheduler is for the reports of many areas"),
    ([*REPORT, "extra"], "Not understood: extra"),
    ([*REPORT, "--nope"], "There is no option --nope"),
    (["runs"], "list|show|retry|prune is missing"),
    (["runs", "nope"], "allowed are: list, show, retry, prune"),
    (["runs", "show", "x"], "There is no run x"),
    (["runs", "show", "../../etc"], "There is no run ../../etc"),
    (["runs", "show", "a", "b"], "Not understood: b"),
    (["runs", "retry", "x"], "There is no run x"),
    (["runs", "retry"], "There is no failed run"),
    (["runs", "list", "x"], "Not understood: x"),
    (["runs", "prune", "x"], "Not understood: x"),
    (["runs", "prune", "--keep", "0"], "--keep must be from 1"),
    (["runs", "prune", "--keep", "x"], "--keep must be a whole number"),
]


@pytest.mark.filterwarnings("default")  # as outside of tests
@pytest.mark.parametrize(("content", "words"), NOTEBOOKS, ids=range(len(NOTEBOOKS)))
def test_a_notebook_that_is_none(tmp_path, content, words):
    """One plain sentence with its name, before any kernel."""
    content = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    (tmp_path / "a.ipynb").write_bytes(content)

    with pytest.raises(RunError) as refused:
        assert notebooks.read(tmp_path, "a").parameters

    told = str(refused.value)
    assert words in told
    assert "a.ipynb" in told
    assert len(told) < 400


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name here")
def test_a_pipe_that_is_called_a_notebook_is_not_waited_for(tmp_path):
    """Nobody writes to it."""
    os.mkfifo(tmp_path / "a.ipynb")

    with pytest.raises(RunError, match="not a regular file"):
        notebooks.read(tmp_path, "a")


@pytest.mark.parametrize("text", PARAMETERS, ids=range(len(PARAMETERS)))
def test_a_parameter_that_is_wrong(text):
    """Its name, what it must be, and what was found."""
    with pytest.raises(SpecError) as refused:
        parameters.parse_texts("a.ipynb", KNOWN, [text])

    assert PARAMETERS[text] in str(refused.value)
    assert "No notebook was run" in str(refused.value)


@pytest.mark.parametrize("text", OWN)
def test_a_value_that_every_notebook_means_alike(tmp_path, text):
    """Days, areas and folders are looked up before a kernel starts."""
    declared = "area: str = ''\nas_of: str = ''\nindex_code: str = ''\nlang: str = ''\ndata_dir: str = ''"
    (tmp_path / "a.ipynb").write_text(written([cell(declared)]), encoding="utf-8")
    more = [] if text.startswith("data_dir") else [f"data_dir={ROOT / 'data'}"]

    with pytest.raises(SpecError) as refused:
        single.prepare(notebooks.read(tmp_path, "a"), tmp_path, [text, *more], tmp_path / "out")

    assert OWN[text] in str(refused.value)


SMALL = ROOT / "tests" / "desk" / "small"


@pytest.mark.parametrize(
    ("name", "texts", "values"),
    [
        ("domain", ["area=tphcm", "component=d4"], {"area": "TP. Hồ Chí Minh", "component": "D4"}),
        ("domain", ["area=tp hà nội"], {"area": "Hà Nội"}),
        ("explore/02_domain", ["component= d8 "], {"component": "D8"}),
        ("explore/01_data", ["component="], {"component": ""}),  # all together
        ("domain", ["component=D9"], "“D9”"),
        ("domain", ["component=D3.1"], "“D3.1”"),
        ("domain", ["index_code=SIPAS", "component=D3"], "“D3”"),
        ("domain", ["area=Hà Nộ", "component=D9"], "“D9”"),  # both are named
        ("domain", ["area=Hà Nộ", "component=D9"], "“Hà Nội”"),
        ("domain", ["target_year=2099"], "2099"),
        ("domain", ["as_of=2024-10-20", "target_year=2023"], "2023"),
        ("domain", ["run_dir={empty}"], "run_dir"),
        ("domain", ["run_dir={run}", "area=Hà Nội"], "“Hà Nội”"),
        ("domain", ["run_dir={run}", "target_year=2023"], "“2023”"),
        ("domain", ["run_dir={run}", "area=TP. Hồ Chí Minh", "lang=en"], {"area": "TP. Hồ Chí Minh"}),
        (
            "domain",
            ["run_dir={run}", "area=tphcm", "component=d4"],
            {"area": "TP. Hồ Chí Minh", "component": "D4"},
        ),
        ("domain", ["run_dir={run}", "component=D9"], "“D9”"),
        ("domain", ["index_code=SIPAS"], "“D3”"),  # its own default is none of SIPAS
        ("domain", ["component="], "component"),
        ("domain", ["area= "], "area"),
        ("domain", ["as_of="], "as_of"),
        ("domain", ["target_year=0"], "target_year"),
        ("00_start", ["as_of=report", "area=tphcm"], {"as_of": "report"}),
        ("00_start", ["as_of=Report"], "“Report”"),
        ("explore/01_data", ["target_year=2019"], "2019"),
        ("explore/01_data", ["data_dir={empty}"], "areas.csv"),
        ("explore/03_models", ["models=Ridge, theta"], {"models": "ridge,theta"}),
        ("explore/03_models", ["models=rige"], "“ridge”"),
        ("explore/04_what_if", ["code=d3"], {"code": "D3"}),
        ("explore/04_what_if", ["code=D9"], "“D9”"),
        ("explore/08_add", ["kind=Score"], {"kind": "score"}),
        ("explore/08_add", ["kind=scores"], "“scores”"),
    ],
)
def test_a_question_is_settled_before_a_kernel_starts(tmp_path, name, texts, values):
    """Places in any spelling, components in any case; what cannot be answered is refused at once."""
    spec = RunSpec(index_code="PAR", area="TP. Hồ Chí Minh", target_year=2024, as_of=dt.date(2024, 10, 20))
    for folder in ("run", "empty"):
        (tmp_path / folder).mkdir()
    (tmp_path / "run" / "spec.json").write_text(json.dumps(spec.as_dict()), encoding="utf-8")
    places = {"run": tmp_path / "run", "empty": tmp_path / "empty"}
    given = [text.format(**places) for text in texts]
    given += [] if "_dir" in texts[0] else [f"data_dir={SMALL}"]
    book = notebooks.read(ROOT / "notebooks", name)

    if isinstance(values, dict):
        prepared = single.prepare(book, ROOT / "notebooks", given, tmp_path / "out")
        assert values.items() <= prepared.values.items()
    else:
        with pytest.raises((SpecError, DataError)) as refused:
            single.prepare(book, ROOT / "notebooks", given, tmp_path / "out")
        assert values in refused.value.text("vi")


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_name_of_a_notebook_that_cannot_be(tmp_path, name):
    """Nothing is made or found by it, least of all outside of the folder."""
    with pytest.raises(SpecError, match=CANNOT):
        notebooks.create(tmp_path, name)
    with pytest.raises(SpecError, match="There is no notebook"):
        notebooks.find(tmp_path, name)

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("change", MANIFESTS, ids=range(len(MANIFESTS)))
def test_a_record_of_a_run_that_cannot_be(tmp_path, change):
    """It is damaged for whoever reads it: the list, the page before it, who removes and who sends."""
    made = Manifest(run_id=run_id_of(SPEC, "vi", INPUTS), spec=SPEC, lang="vi", inputs=INPUTS)
    told = json.loads(replace(made, outputs={"a.html": "ab"}, pages=("a",)).as_json())
    for name, value in change.items():
        (told["volatile"] if name in told["volatile"] else told)[name] = value
    (tmp_path / FILE).write_text(json.dumps(told), encoding="utf-8")

    with pytest.raises(ValueError, match=r"manifest|format|day|isoformat"):
        Manifest.read(tmp_path)


@pytest.mark.parametrize("option", ["--data-dir", "--notebooks-dir"])
def test_reports_do_not_go_where_their_inputs_are(tmp_path, capsys, option):
    """Folders of runs among the tables would be taken for data."""
    code = cli.run([*REPORT, "--reports-dir", str(tmp_path / "below"), option, str(tmp_path), "--lang", "en"])

    assert code == 2
    assert f"lies in the folder {tmp_path}" in capsys.readouterr().err
    assert not (tmp_path / "below").exists()


@pytest.mark.parametrize(("words", "said"), COMMANDS)
def test_a_command_that_cannot_be_done(tmp_path, capsys, words, said):
    """One sentence, and nothing that looks like a run."""
    reports = tmp_path / "reports"
    folders = ["--reports-dir", str(reports)]
    folders += [] if "--data-dir" in words or words[0] == "runs" else ["--data-dir", str(ROOT / "data")]
    folders += (
        []
        if "--notebooks-dir" in words or words[0] == "runs"
        else ["--notebooks-dir", str(ROOT / "notebooks")]
    )

    code = cli.run([words[0], *folders, *words[1:], "--lang", "en"])

    told = capsys.readouterr().err
    assert code in {1, 2, 3}
    assert said in told
    assert "Traceback" not in told
    assert not reports.exists() or not [path for path in reports.iterdir() if path.is_dir()]
