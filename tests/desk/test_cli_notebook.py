"""`forecast notebook`: what is there, how one is begun, what a run leaves.  EVERY FIGURE IS MADE UP."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

import forecast
from forecast import cli
from forecast.base import labels
from forecast.base.errors import SpecError
from forecast.runs import html_check, notebooks, parameters, single
from forecast.runs.kernels import ForkServer, Kernels, can_fork
from forecast.runs.parameters import Parameter

ROOT = Path(__file__).parents[2] / "notebooks"
Said = tuple[int, str, str]
PLAIN = """\
whole: int = 3  # how many
share: float = 0.5  # of all
sure: bool = False  # whether
name: str = "x"
data_dir: str = ""  # folder of the tables; empty for the project's own
as_of: str = ""  # day
"""
KNOWN = (
    *(
        Parameter("whole", "int", 3),
        Parameter("share", "float", 0.5),
        Parameter("sure", "bool", default=False),
    ),
    Parameter("name", "str", "x"),
)


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """Give a command about notebooks; give exit code, output and refusals."""
    monkeypatch.setenv("COLUMNS", "100")

    def command(*words: object) -> Said:
        code = cli.run(["notebook", *map(str, words)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a project with the start page alone."""
    (tmp_path / "notebooks").mkdir()
    shutil.copy(ROOT / "00_start.ipynb", tmp_path / "notebooks")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer | None]:
    """The process that forks kernels with the workbench loaded; None where kernels are ordinary."""
    if not can_fork():
        yield None
        return
    with ForkServer(["forecast.desk.board"], tmp_path_factory.mktemp("server") / "kernels.log") as shared:
        yield shared


@pytest.fixture
def shared_kernels(server: ForkServer | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fork all kernels of a test from one process, as each of its own takes seconds to begin."""
    monkeypatch.setattr(single, "Kernels", lambda modules, log: Kernels(modules, log, server=server))


def written(path: Path, *cells: str, before: str = PLAIN) -> Path:
    """Write a small notebook that asks the workbench nothing, so that its kernel is ready at once."""
    code = nbformat.v4.new_code_cell
    every = [nbformat.v4.new_markdown_cell("# Thử\n\nMột câu. Hai câu."), *map(code, cells)]
    if before:
        every.insert(1, code(before, metadata={"tags": ["parameters"]}))
    for number, cell in enumerate(every):
        cell.id = f"cell-{number}"
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python"}}
    path.parent.mkdir(exist_ok=True, parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=every, metadata=kernel), path)
    return path


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_list_says_what_each_notebook_is_for(say, golden, lang):
    """Name, title, purpose and parameters of all notebooks, in the reader's language."""
    code, out, err = say("list", "--notebooks-dir", ROOT, "--lang", lang)

    assert (code, err) == (0, "")
    golden(f"notebooks-{lang}.txt", out)


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_help_of_a_notebook_lists_its_parameters(say, golden, lang):
    """Help about a named notebook has its parameters with type, purpose and default."""
    code, out, err = say("run", "04_what_if", "--help", "--notebooks-dir", ROOT, "--lang", lang)

    assert (code, err) == (0, "")
    golden(f"notebook-help-{lang}.txt", out)


def test_all_that_notebooks_say_is_there_in_both_languages():
    """Title, purpose and each parameter's help of the project's notebooks have another language."""
    said = {
        entry[lang] for key, entry in labels.catalogue().items() for lang in ("vi", "en") if ".said." in key
    }
    every = [notebooks.read(ROOT, name) for name in notebooks.names(ROOT)]
    own = [words for each in every for words in (each.title("vi"), each.purpose("vi")) if words != "SIPAS"]
    helps = [parameter.help for each in every for parameter in each.parameters]
    template = nbformat.read(notebooks.TEMPLATE, as_version=4)
    helps += [parameter.help for parameter in parameters.read_declarations(template, "template")]

    assert [words for words in [*own, *helps] if words not in said] == []


def test_words_that_nobody_has_translated_stay_as_they_are(here):
    """A notebook of one's own is told in its own words."""
    written(here / "notebooks" / "own.ipynb")
    found = notebooks.find(here / "notebooks", "own")

    assert (found.title("en"), found.purpose("en")) == ("Thử", "Một câu.")


def test_a_broken_notebook_does_not_hide_the_others(say, here):
    """What cannot be read says why in its place of the list."""
    (here / "notebooks" / "bad.ipynb").write_text("{", encoding="utf-8")
    written(here / "notebooks" / "bare.ipynb", before="")

    code, out, _ = say("list")

    assert code == 0
    assert "Không đọc được sổ tay bad.ipynb" in out
    assert "bare.ipynb không có ô tham số" in out
    assert "Bàn làm việc dự báo" in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run", "00_stat"], "có phải là “00_start” không"),
        (["run", "START"], "có phải là “00_start” không"),
        (["run", "zzzzzz"], "có: 00_start"),
        (["run", "00_stat", "--help"], "có phải là “00_start” không"),
        (["run"], "Thiếu NAME"),
        (["new"], "Thiếu NAME"),
        (["list", "x"], "Thừa: x"),
        (["rnu"], "có phải là “run” không"),
        (["list", "-p", "a=1"], "--parameter chỉ dùng với run"),
        (["run", "00_start", "--title", "x"], "--title chỉ dùng với new"),
        (["run", "00_start", "--cell-timeout", "0"], "--cell-timeout"),
        (["run", "00_start", "--out", "notebooks/x"], "đè lên sổ tay gốc"),
        (["list", "--notebooks-dir", "nowhere"], "Không có thư mục sổ tay nowhere"),
        (["new", "../x"], "có thể đặt là x"),
        (["new", "Thử nghiệm Đà Nẵng"], "có thể đặt là thu_nghiem_da_nang"),
        (["new", "x", "--folder", "."], "nằm ngoài thư mục sổ tay"),
        (["new", "00_start", "--folder", "elsewhere"], "đã có sổ tay 00_start"),
        (["new", "con"], "có thể đặt là con_1"),
        (["new", "…"], "bắt đầu bằng chữ hoặc số"),
    ],
)
def test_a_slip_is_one_sentence_with_exit_code_2(say, here, words, told):
    """What is wrong and what would do; nothing is written."""
    code, out, err = say(*words)

    assert (code, out) == (2, "")
    assert told in err
    assert [path.name for path in here.rglob("*")] == ["notebooks", "00_start.ipynb"]


def test_all_wrong_parameters_are_told_at_once(say, here):
    """Unknown names with the nearest, wrong types, repetitions and what is no pair, in one refusal."""
    written(here / "notebooks" / "own.ipynb")
    bad = [
        "whle=1",
        "whole=0,5",
        "share=0,5",
        "sure=yes",
        "name",
        "name=a\nb",
        "data_dir=nowhere",
        "as_of=1/13/2024",
    ]
    code, _, err = say(
        "run", "own", *(word for text in ["share=1", "share=2", *bad] for word in ("-p", text))
    )

    assert code == 2
    for told in (
        *(
            "không có tham số whle (gần giống: whole)",
            "share được nêu hai lần",
            "whole phải là số nguyên",
        ),
        *("sure phải là true hoặc false", "“name” không đúng dạng", "name phải là văn bản một dòng"),
        *("data_dir: không có thư mục nowhere", "không có ngày 1/13/2024"),
    ):
        assert told in err
    assert not (here / ".cache").exists()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("whole=-2", -2),
        ("share=3", 3.0),
        ("share=.5e1", 5.0),
        ("sure=True", True),
        ("name= a=b ", " a=b "),
        ("name=", ""),
    ],
)
def test_a_text_is_read_as_its_parameter_is_declared(text, value):
    """The type is the declared one, whatever the text looks like."""
    (read,) = parameters.parse_texts("a.ipynb", KNOWN, [text]).values()

    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    "text", ["whole=1.0", "whole=", "share=nan", "share=1e999", "share=１", "sure=1", "name=\x1b"]
)
def test_a_text_of_another_type_is_refused(text):
    """Nothing is guessed: no rounding, no infinity, no control characters."""
    with pytest.raises(SpecError, match=text.partition("=")[0]):
        parameters.parse_texts("a.ipynb", KNOWN, [text])


@pytest.mark.parametrize(
    "asked", ["01", "explore/01", "explore/01.ipynb", "notebooks/explore/01.ipynb", "explore\\01"]
)
def test_a_notebook_is_found_by_whatever_names_it(here, asked):
    """By its name, its place, or the path that a shell completes."""
    written(here / "notebooks" / "explore" / "01.ipynb")

    assert notebooks.find(Path("notebooks"), asked).name == "explore/01"


def test_a_name_that_two_have_is_settled_by_the_folder(here):
    """The first of two is never taken silently, and the full name tells them apart."""
    for folder in ("a", "b"):
        written(here / "notebooks" / folder / "same.ipynb")

    assert notebooks.find(Path("notebooks"), "b/same").name == "b/same"
    with pytest.raises(SpecError, match="a/same, b/same"):
        notebooks.find(Path("notebooks"), "same")


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_a_new_notebook_is_like_the_projects_own(say, here, lang):
    """No outputs, cells with the template's ids, the project's kernel, title, language, a way back."""
    code, out, err = say(
        "new", "rank_2", "--title", "Hạng  và điểm", "--folder", "notebooks/mine/own", "--lang", lang
    )
    path = here / "notebooks" / "mine" / "own" / "rank_2.ipynb"
    made = nbformat.read(path, as_version=4)
    other = nbformat.read(ROOT / "00_start.ipynb", as_version=4)

    assert (code, err) == (0, "")
    assert str(Path("notebooks/mine/own/rank_2.ipynb")) in out
    assert "make lab" in out
    assert "forecast notebook run rank_2" in out
    nbformat.validate(made)
    assert made.metadata == other.metadata
    assert [cell.id for cell in made.cells] == [
        "note",
        "parameters",
        "open",
        "forecast-note",
        "forecast",
        "more",
    ]
    assert [cell for cell in made.cells if cell.get("outputs") or cell.get("execution_count")] == []
    assert made.cells[0].source.startswith("# Hạng và điểm\n\n")
    assert made.cells[2].source == next(cell for cell in other.cells if cell.id == "open").source
    (link,) = re.findall(r"\]\((.+?)\)", made.cells[0].source)
    assert (path.parent / link).samefile(here / "notebooks" / "00_start.ipynb")
    assert [each.default for each in notebooks.find(here / "notebooks", "rank_2").parameters][-1] == lang
    assert not any(cell.source.startswith("notebook.") for cell in made.cells)


@pytest.mark.usefixtures("shared_kernels")
def test_a_new_notebook_shows_the_apis_figures(say, here, small):
    """Begun and run with its defaults and with others, what it shows is what `forecast.open` gives."""
    shutil.copytree(small, here / "tables")
    asked = {"as_of": "2024-10-20", "data_dir": here / "tables"}
    say("new", "own")

    plain = say("run", "own", "-p", "as_of=2024-10-20", "-p", "data_dir=tables")
    other = say(
        *("run", "own", "-p", "as_of=2024-10-20", "-p", "data_dir=tables", "-p", "component=D3"),
        *("-p", "area=Hà Nội", "-p", "lang=en", "--out", "there"),
    )

    (page,) = (here / ".cache" / "notebooks").glob("own-*/own.html")
    assert (plain[0], plain[2], other[0], other[2]) == (0, "", 0, "")
    assert str(page.relative_to(here)) in plain[1]
    html = page.read_text(encoding="utf-8")
    assert forecast.open(**asked).forecast()._repr_html_() in html
    told = forecast.open(**asked, area="Hà Nội", lang="en").forecast("D3")._repr_html_()
    english = (here / "there" / "own.html").read_text(encoding="utf-8")
    assert told in english
    outputs = nbformat.read(here / "there" / "own.ipynb", as_version=4).cells[-2].outputs
    assert told in [output.data.get("text/html") for output in outputs]
    assert "area=Hà Nội" in english
    assert html_check.problems(html, lang="vi", private=[str(here)]) == []
    assert "giây" not in html


@pytest.mark.usefixtures("shared_kernels")
def test_a_page_shows_what_any_notebook_shows(say, here):
    """Text, values and pictures of a notebook of one's own are in its page; nothing is fetched."""
    written(
        here / "notebooks" / "own.ipynb",
        "print('hai & ba', whole)\nshare * 4",
        f"from IPython.display import HTML, Image\nfrom base64 import b64decode\nImage(b64decode('{DOT}'))",
        "HTML('<img src=\"https://example.org/x.png\">')",
    )

    code, _, err = say("run", "own", "-p", "whole=7")

    (page,) = here.glob(".cache/notebooks/own-*/own.html")
    html = page.read_text(encoding="utf-8")
    assert code == 0
    assert "hai &amp; ba 7" in html
    assert ">2.0</pre>" in html
    assert f"data:image/png;base64,{DOT}" in html
    assert "<h1>Thử</h1>" in html
    assert html.count("Thử") == 2  # its name and its heading
    assert "không hiện" in err
    assert "example.org" in err


@pytest.mark.usefixtures("shared_kernels")
def test_a_failed_run_leaves_the_good_one(say, here):
    """Notebook, cell and reason; what failed is beside the good result, which stays to the byte."""
    written(here / "notebooks" / "own.ipynb", "if whole > 5:\n    raise ValueError('quá lớn')", "whole")
    good = say("run", "own", "--out", "there")
    before = {path.name: path.read_bytes() for path in (here / "there").iterdir()}

    code, out, err = say("run", "own", "--out", "there", "-p", "whole=6")

    assert (good[0], code) == (0, 3)
    assert "Đã chạy xong" not in out
    assert "Sổ tay own, ô số 3" in err
    assert "ValueError: quá lớn" in err
    assert {path.name: path.read_bytes() for path in (here / "there").iterdir()} == before
    failed = nbformat.read(here / "there-failed" / "own.ipynb", as_version=4)
    assert "chạy hỏng" in failed.cells[0].source
    say("run", "own", "--out", "there")
    assert not (here / "there-failed").exists()


def test_what_a_library_leaves_behind_is_not_shown(monkeypatch):
    """Where a cell is ended, a task of the client is; Python would print a traceback of it at its end."""
    monkeypatch.setattr("sys.argv", ["forecast", "--help"])
    monkeypatch.setattr(logging.getLogger("asyncio"), "level", logging.NOTSET)

    with pytest.raises(SystemExit):
        cli.main()

    assert logging.getLogger("asyncio").level == logging.CRITICAL


@pytest.mark.parametrize("place", [".", "there/..", "/"])
def test_what_failed_lies_beside_any_folder(place, here, monkeypatch):
    """A folder that is written without its name has one all the same."""
    (here / "there").mkdir()
    monkeypatch.chdir(here / "there")
    book = notebooks.find(written(here / "notebooks" / "own.ipynb").parent, "own")

    failed = single.Execution(notebook=book, texts=(), values={}, place=Path(place)).failed

    assert failed.name.endswith("-failed")
    assert ".." not in str(failed)


def test_a_run_that_takes_too_long_is_ended(say, here):
    """The whole notebook has its time; nothing but what failed stays."""
    written(here / "notebooks" / "own.ipynb", "import time\ntime.sleep(60)")

    code, _, err = say("run", "own", "--out", "there", "--run-timeout", "1")

    assert code == 3
    assert "Lượt chạy quá 1 giây" in err
    assert not (here / "there").exists()


def test_limits_are_those_of_the_command_line(say, here, monkeypatch):
    """What a cell and a notebook may take is told to whoever executes it."""
    written(here / "notebooks" / "own.ipynb")
    asked: list[single.Execution] = []
    monkeypatch.setattr(single, "run", lambda job, **_: asked.append(job) or ())

    code, _, _ = say("run", "own", "--cell-timeout", "7", "--run-timeout", "8")

    assert (code, asked[0].limits.cell_seconds, asked[0].run_seconds) == (0, 7, 8)


def test_a_place_that_takes_no_folder_is_told(say, here):
    """A file in the way is exit code 2, before a kernel is started."""
    written(here / "notebooks" / "own.ipynb", "1 / 0")
    (here / "there").write_text("kept", encoding="utf-8")

    code, _, err = say("run", "own", "--out", "there")

    assert code == 2
    assert "there" in err


DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
