"""The user guides are true: their commands are run in order, and print what the guides show.

How a guide is written: a fenced block says by its first words what it is.

- ``console``: lines after ``$ `` are run, the lines below are what they print; ``console fails``
  must be refused
- ``python``: run with the workbench `bench`; the block ``text`` after it is what is shown
- ``csv FILE``, ``toml FILE``: what the reader saves as FILE, or adds to it (``csv >> FILE``)
- ``cells FILE``: what the reader types into a department's form
- ``page FILE``: words that stand on a page
- ``sh``, ``powershell``: what no test can run in its place; its tools and targets must exist

In what is shown, ``…`` stands for anything within a line, and alone for any lines.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import openpyxl
import pytest
from bs4 import BeautifulSoup

import forecast
from forecast import cli
from forecast.base import labels
from forecast.intake.forms import layout

ROOT: Final = Path(__file__).parents[2]
GUIDES: Final = ROOT / "docs" / "guides"
ORDER: Final = (
    "first-hour",
    "each-month",
    "before-the-meeting",
    "after-the-result",
    "a-new-year",
    "adding-a-new-index",
    "when-something-is-refused",
)
REFERENCE: Final = "commands"  # a table to look things up in, without steps
FENCE: Final = re.compile(r"^( *)```(.+)\n((?:.*\n)*?)\1```$", re.MULTILINE)
UNSETTLED: Final = (  # what differs from run to run
    (re.compile(r"\d+,\d giây"), "… giây"),
    (re.compile(r"_[0-9a-f]{8}\b"), "_…"),
    (re.compile(r"\b(mã|undo|lần thêm) [0-9a-f]{6}\b"), r"\1 …"),
    (re.compile(r"forecast-report-[0-9a-f]{8}"), "forecast-report-…"),
)
# A Vietnamese syllable without its tone; words of other languages are hardly ever made of such.
SYLLABLE: Final = re.compile(
    r"(ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdđghklmnprstvx])?[aăâeêioôơuưy]{1,3}(ng|nh|ch|[cmnpt])?"
)
TONES: Final = str.maketrans(dict.fromkeys("\u0300\u0301\u0303\u0309\u0323"))
NAMES: Final = frozenset(
    "Chrome Chromium Ctrl+C Edge Excel Internet JupyterLab Linux Notepad PowerShell Python Run All Cells"
    " Shift+Enter UTF Windows git macOS make CSV BNV CCHC DTI PAPI PAR PCI QĐ SIPAS"
    " conflict forecast command not found is recognized".split()  # what git and shells say
)
NATIVE: Final = re.compile(r"\b(khoảng|điểm|năm|không|của|và|được|hạng|lệnh|tệp|bước)\b", re.IGNORECASE)
SHELL: Final = (  # what is typed where no test can run it
    r"git (clone|pull|add|commit|push)\b|cd |make lab$|py tools\\set_up\.py$|\$env:PATH = "
    r"|\.venv\\Scripts\\(forecast report|jupyter-lab) --"
)
every_guide = pytest.mark.parametrize(
    "path", sorted(GUIDES.rglob("*.md")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)


@dataclass(frozen=True)
class Block:
    """A fenced block of a guide."""

    words: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def target(self) -> Path:
        """The file that it speaks of."""
        return Path(self.words[-1])

    def commands(self) -> Iterator[tuple[list[str], list[str]]]:
        """Words of each command, and the lines that it prints."""
        starts = [number for number, line in enumerate(self.lines) if line.startswith("$ ")]
        for start, end in zip(starts, [*starts[1:], len(self.lines)], strict=True):
            yield shlex.split(self.lines[start][2:]), list(self.lines[start + 1 : end])


def blocks(path: Path) -> list[Block]:
    """The blocks of a guide, in order."""
    text = path.read_text(encoding="utf-8")
    return [
        Block(tuple(words.split()), tuple(line.removeprefix(indent) for line in body.splitlines()))
        for indent, words, body in FENCE.findall(text)
    ]


def prose(path: Path) -> str:
    """What is neither code nor an address."""
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    return re.sub(r"\]\([^)]*\)", "]", re.sub(r"`[^`]*`", "", text))


def plain(line: str) -> str:
    """A line without what differs from run to run, and without the widths of columns."""
    for pattern, instead in UNSETTLED:
        line = pattern.sub(instead, line)
    return re.sub(r"─+", "─", " ".join(line.split()))


def shows(expected: list[str], printed: str) -> bool:
    """Whether something printed what a guide shows."""
    wanted = "".join(
        r"(?:.*\n)*?" if line.strip() == "…" else re.escape(plain(line)).replace("…", ".*") + r"\n"
        for line in expected
    )
    got = "".join(f"{plain(line)}\n" for line in printed.strip("\n").splitlines() if line or "" in expected)
    return re.fullmatch(wanted, got) is not None


def recipe(variables: list[str]) -> list[str]:
    """What `make report` runs with some variables, read from the Makefile."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    values = dict(re.findall(r"^([A-Z_]+) +=[ ]*([^#\n]*)", text, re.MULTILINE))
    values |= dict(variable.split("=", 1) for variable in variables)
    found = re.search(r"^report: .*\n\t@\$\(RUN\) forecast (.+)$", text, re.MULTILINE)
    assert found is not None
    return shlex.split(re.sub(r"\$\$([A-Z_]+)|\$\(([A-Z]+)\)", lambda m: values[m[1] or m[2]], found[1]))


def do(words: list[str]) -> tuple[int, str]:
    """Run one command here; give its exit code and all that it prints."""
    match words:
        case ["forecast", *arguments]:
            pass
        case ["make", "report", *variables]:
            arguments = recipe(variables)
        case ["mkdir", folder]:
            Path(folder).mkdir()
            return 0, ""
        case ["cp", "-r", source, target]:
            shutil.copytree(source, target)
            return 0, ""
        case ["rm", "-r", folder]:
            shutil.rmtree(folder)
            return 0, ""
        case ["source", ".venv/bin/activate"]:
            return 0, ""
        case _:
            pytest.fail(f"no test runs this command: {words}")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        code = cli.run(arguments)
    return code, printed.getvalue()


def text_of(page: Path) -> str:
    """Words of a page, with one space between them."""
    body = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").body
    assert body is not None
    words = " ".join(body.get_text(" ").split())
    return re.sub(r" ([),.])", r"\1", words)


def follow(path: Path, desk: Path) -> Iterator[str]:
    """Do what a guide says; tell each difference."""
    shown = ""
    for block in blocks(path):
        match block.words:
            case ["console", *fails]:
                for words, expected in block.commands():
                    code, printed = do(words)
                    if bool(code) != bool(fails) or not shows(expected, printed):
                        yield f"{path.name}: {shlex.join(words)}\nexit code {code}\n{printed}"
            case ["page", file]:
                seen = "\n".join(text_of(page) for page in Path().glob(file))
                yield from (f"{path.name}: not on {file}: {line}" for line in block.lines if line not in seen)
            case ["python"]:
                bench = forecast.open(as_of="2024-10-20", data_dir=desk / "data")
                shown = str(eval("\n".join(block.lines), {"bench": bench}))  # noqa: S307 -- the guide's own line
            case ["text"] if not shows(list(block.lines), shown):
                yield f"{path.name}: shown\n{shown}"
            case _:
                write(block)


def write(block: Block) -> None:
    """Write the file that a block holds, or type into one; nothing for other blocks."""
    match block.words:
        case ["csv" | "toml", *more, file]:
            with Path(file).open("a" if more else "w", encoding="utf-8", newline="\n") as handle:
                handle.write("".join(f"{line}\n" for line in block.lines))
        case ["cells", file]:
            book = openpyxl.load_workbook(file)
            for line in block.lines:
                cell, value = line.split(" = ")
                book[layout.sheet_name("entry")][cell] = float(value.replace(",", "."))
            book.save(file)
        case [("sh" | "powershell" | "text")]:
            pass
        case _:
            pytest.fail(f"no such kind of block: {block.words}")


def test_each_guide_does_what_it_says(desk: Path):
    """All commands of all guides, in order, print what stands below them."""
    differences = [told for name in ORDER for told in follow(GUIDES / "vi" / f"{name}.md", desk)]

    assert not differences, "\n----\n".join(differences)
    assert sorted(path.name for path in (desk / "data").iterdir()) == sorted(
        path.name for path in (ROOT / "data").iterdir() if not path.name.startswith(".")
    )


@pytest.mark.parametrize("name", ORDER)
def test_both_languages_do_the_same(name: str):
    """A guide has the same blocks in Vietnamese and in English, so that each is run once."""
    vietnamese, english = (blocks(GUIDES / lang / f"{name}.md") for lang in ("vi", "en"))

    assert vietnamese == english
    assert vietnamese


def test_there_is_no_guide_that_nobody_follows():
    """The guides that are run, and the table of commands, are all there are; the index page leads to each."""
    found = {path.relative_to(GUIDES).as_posix() for path in GUIDES.rglob("*.md")}

    assert found == {
        "README.md",
        *(f"{lang}/{name}.md" for lang in ("vi", "en") for name in (*ORDER, REFERENCE)),
    }
    assert found - {"README.md"} == set(
        re.findall(r"\]\(([^)]+)\)", (GUIDES / "README.md").read_text("utf-8"))
    )


def test_both_tables_of_commands_name_the_same():
    """Line by line they show the same verbs with the same options."""

    def shown(lang: str) -> list[list[str]]:
        lines = (GUIDES / lang / f"{REFERENCE}.md").read_text(encoding="utf-8").splitlines()
        code = (" ".join(re.findall(r"`([^`]+)`", line)) for line in lines if line.startswith("| "))
        return [re.findall(r"forecast [a-z]+|--[a-z-]+|\bmake \w+", words) for words in code]

    assert shown("vi") == shown("en")
    assert len(shown("vi")) > 25


@pytest.mark.parametrize("name", ORDER)
def test_a_vietnamese_guide_is_vietnamese(name: str):
    """Beside names each word of the prose is made of Vietnamese syllables, written in the one usual form."""
    text = prose(GUIDES / "vi" / f"{name}.md")
    words = re.findall(r"[^\W\d_]+(?:\+[^\W\d_]+)?", re.sub(r"\[[^]]*\]\[[^]]*\]|“[^”]*…[^”]*”", "", text))
    strange = [word for word in words if word not in NAMES and not _native(word)]

    assert strange == []
    assert unicodedata.is_normalized("NFC", text)
    assert not re.search(r"\d\.\d", text.replace("3.11", ""))


def _native(word: str) -> bool:
    letters = unicodedata.normalize("NFC", unicodedata.normalize("NFD", word.lower()).translate(TONES))
    return SYLLABLE.fullmatch(letters) is not None or len(word) == 1


@pytest.mark.parametrize("name", ORDER)
def test_an_english_guide_is_english(name: str):
    """Vietnamese stands in an English guide only where a page or an answer is quoted."""
    text = re.sub(r"\*\*[^*]*\*\*|\"[^\"]*\"", "", prose(GUIDES / "en" / f"{name}.md"))

    assert NATIVE.findall(text) == []


@pytest.mark.parametrize("name", ORDER)
def test_the_sections_that_a_guide_names_are_headings_of_pages(name: str):
    """What an English guide quotes in bold is a heading, a page or a notebook; the Vietnamese one does too.

    Whether they stand on the page of that moment is for blocks ``page`` to say.
    """
    families = ("heading.", "page.link.", "notebook.said.title_")
    texts = [entry["vi"] for key, entry in labels.catalogue().items() if key.startswith(families)]
    there = re.compile("|".join(re.sub(r"\\{\w+\\}", ".+", re.escape(text)) for text in texts))
    english, vietnamese = (
        {" ".join(words.split()) for words in re.findall(r"\*\*([^*]*)\*\*", prose(path))}
        for path in (GUIDES / lang / f"{name}.md" for lang in ("en", "vi"))
    )
    quoted = {words for words in english if not words.replace("…", "").isascii()}

    assert [words for words in quoted if not there.fullmatch(words)] == []
    assert quoted <= vietnamese


@every_guide
def test_what_a_guide_points_to_is_there(path: Path):
    """Its links lead to files and headings that exist."""
    for target in re.findall(r"\]\(([^)]+)\)", FENCE.sub("", path.read_text(encoding="utf-8"))):
        file, _, heading = target.partition("#")
        there = path.parent / file if file else path
        assert there.exists(), target
        headings = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE)
        assert not heading or heading in {
            re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings
        }, target


def test_each_verb_and_option_that_is_named_exists(capsys: pytest.CaptureFixture[str]):
    """Whatever the prose or a shell's block names is in the help; so are files, targets and notebooks."""
    helps: dict[str, str] = {}
    for verb in cli.VERBS:
        assert cli.run([verb, "--help"]) == 0
        helps[verb] = capsys.readouterr().out
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for path in GUIDES.rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        code = re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
        shells = [
            line for block in blocks(path) if block.words[0] in ("sh", "powershell") for line in block.lines
        ]
        for line in [*code, *shells]:
            for verb, rest in re.findall(r"\bforecast ([\w-]+)([^`]*)", line):
                assert verb in helps, line
                assert all(option in helps[verb] for option in re.findall(r"--[a-z-]+", rest)), line
            for target in re.findall(r"\bmake (\w+)", line):
                assert re.search(rf"^{target}:", makefile, re.MULTILINE), line
        for option in (line for line in code if line.startswith("--")):
            assert any(option.split()[0] in told for told in (*helps.values(), "--help --lang")), option
        for shell in shells:
            assert re.match(SHELL, shell), shell
    assert (ROOT / "tools" / "set_up.py").is_file()
    assert (ROOT / "notebooks" / "00_start.ipynb").is_file()
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start.ipynb" in makefile  # as on Windows


def test_every_figure_that_a_guide_adds_says_that_it_is_made_up():
    """Sources, files to save and cells to type in: nothing invented could be taken for a real figure."""
    for name in ORDER:
        text = (GUIDES / "vi" / f"{name}.md").read_text(encoding="utf-8")
        assert "số giả định" in text.lower()
        for block in blocks(GUIDES / "vi" / f"{name}.md"):
            for words, _ in block.commands() if block.words[0] == "console" else ():
                assert all("giả định" in words[k + 1] for k, word in enumerate(words) if word == "--source")
