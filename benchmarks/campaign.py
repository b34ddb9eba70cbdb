"""Files at random at every door that reads files: ``python -m benchmarks.campaign [EXAMPLES]``.

No file may end in another error than ours, take more than ten seconds or more than 1 GB, change the folder of
data, or give a row that the folder would not take.  What breaks this is kept in ``tests/intake/corpus`` and
tried again by the suite.  All figures are made up.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import random
import shutil
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import openpyxl
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyFailure

from benchmarks import ledgers
from forecast.base.errors import ForecastError
from forecast.base.excel import saved
from forecast.cli import panels
from forecast.data import issuer, scenarios
from forecast.data.load import read_vintages
from forecast.data.tables import EVERY_CODE
from forecast.intake import pdf_tables
from forecast.intake.additions import list_sheet, lists, province_table
from forecast.intake.annex import framework_rows, tree
from forecast.intake.forms.receive import receive
from forecast.runs import notebooks as stored_notebooks
from forecast.sending import recipients

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "tests" / "intake" / "corpus"
MOST_SECONDS = 10.0
LEDGER = "verify"
EXAMPLES = 300  # of each kind of file
OWN_DOORS = {  # kinds of files that go to doors of their own
    LEDGER: (LEDGER,),
    ".toml": ("scenarios", "issuer", "recipients"),
    ".ipynb": ("notebook",),
}
RECIPIENTS = """[smtp]
host = "mail.example.org"
port = 587
security = "starttls"
from = "cchc@example.org"

[[to]]
name = "Lan"
email = "lan@example.org"
lang = "vi"
attach = ["pdf", "xlsx"]
"""
ISSUER = 'name_vi = "Sở Nội vụ"\nname_en = "Department of Home Affairs"\n'
DAY = dt.date(2024, 10, 20)
ORIGIN = province_table.Origin(published_on=dt.date(2024, 4, 17), source="giả định")
SHARED = {"source_url": "giả định", "published_on": "2024-04-17", "year": "2023", "area": "Hà Nội"}
HEADINGS = (
    *(
        "STT",
        "Tỉnh, thành phố",
        "Tổng điểm",
        "Xếp hạng",
        "Chỉ số CCHC",
        "Cải cách thể chế",
        "Cải cách tài chính công",
    ),
    *("indicator_code", "period", "value", "area", "year", "component", "score", "max_score", "published_on"),
    *(
        "Tiêu chí",
        "Điểm tối đa",
        "Lĩnh vực",
        "Tháng 9/2024",
        "Năm 2023",
        "Tỷ lệ giải ngân (%)",
        "P1",
        "Ghi chú",
    ),
    *("Mã tiêu chí", "Việc khắc phục", "Thời hạn", "state", "low", "high", "D3", "", "Điểm / điểm tối đa"),
)
FIGURES = (
    *(
        "87,23",
        "87.23",
        "8,21 điểm",
        "8,11/9,5",
        "85,3 (↑1,2)",
        "Hạng 12",
        "12/63",
        "1e308",
        "-5",
        "nan",
        "inf",
        "85%",
    ),
    *(
        "12.345",
        "1.2.3",
        "9/2024",
        "-",
        "…",
        "n/a",
        "=1+1",
        "=cmd|'/C calc'!A0",
        "'5",
        "０９",
        "1" * 400,
        "0x10",
        "1_000",
    ),
    *(
        "2024-01..2024-09",
        "2024-13",
        "20/10/2024",
        "D3",
        "1.2.1",
        "II.3",
        "pub_inv_disb_rate",
        "done",
        "\u202e9",
        "\x07",
    ),
)


class Broken(Exception):  # noqa: N818 - what the campaign looks for
    """A file that a door did not take as it should: the door, and why."""

    def __init__(self, door: str, why: str) -> None:
        super().__init__(f"{door}: {why}")


@cache
def places() -> tuple[str, ...]:
    """Names of provinces, and some that are none."""
    own = [
        line.split(",")[0]
        for line in (ROOT / "data" / "areas.csv").read_text(encoding="utf-8").splitlines()[1:]
    ]
    return (
        *own[:40],
        "tinh an giang",
        "UBND tỉnh Hà Giang",
        "Bộ Tài chính",
        "Cả nước",
        "Hµ Néi",
        "Atlantis",
        "Tổng",
    )


def doors(data: Path) -> Mapping[str, Callable[[Path], object]]:
    """Every door for files by name; forms go to a folder of their own, as good ones are stored."""

    def annex(path: Path) -> object:
        request = framework_rows.Request(
            framework="1/QĐ-GĐ", first_year=2025, last_year=2030, status="made_up", source=""
        )
        return framework_rows.prepare_import(tree.read(path), request, data)

    def form(path: Path) -> object:
        return receive([path], data, as_of=DAY, received_on=DAY, lang="vi")

    tables = {
        f"import {code}": lambda path, code=code: province_table.table(data, path, code, 2023, ORIGIN)
        for code in EVERY_CODE
    }
    rows = {
        f"import {kind}": lambda path, kind=kind: lists.rows_of_list(data, path, kind, shared=SHARED)
        for kind in list_sheet.KINDS
    }
    others: dict[str, Callable[[Path], object]] = {
        "predict": lambda path: panels.read_panel(path, None, 2024),
        "scenarios": lambda path: scenarios.parse(path.read_bytes()),
        "issuer": lambda path: issuer.parse(path.read_bytes()),
        "recipients": recipients.read,
        "notebook": lambda path: stored_notebooks.read(path.parent, path.stem),
    }
    return {**tables, **rows, **others, "framework import": annex, "intake": form, LEDGER: ledgers.taken}


def knock(door: str, enter: Callable[[Path], object], path: Path) -> None:
    """Give a file to a door.

    Raises
    ------
    Broken
        If it ends in an error that is not ours, without words, or too late.
    """
    started = time.process_time()
    try:
        enter(path)
    except ForecastError as refusal:
        for lang in ("vi", "en"):
            if not refusal.text(lang).strip():
                raise Broken(door, "refused without a word") from refusal
    except Exception as error:
        raise Broken(door, traceback.format_exc(limit=-3)) from error
    if time.process_time() - started > MOST_SECONDS:
        raise Broken(door, f"took {time.process_time() - started:.0f} s")


@contextmanager
def office() -> Iterator[tuple[Path, Mapping[str, Callable[[Path], object]]]]:
    """A copy of the data that nothing may change, read once, and its doors.

    Raises
    ------
    Broken
        If a file of it is not what it was.
    """
    with tempfile.TemporaryDirectory() as place, ExitStack() as patched:
        data = Path(place) / "data"
        shutil.copytree(ROOT / "data", data)
        before, vintages = digest(data), read_vintages(data)
        for module in (province_table, lists):
            patched.enter_context(mock.patch.object(module, "read_vintages", return_value=vintages))
        patched.enter_context(mock.patch.object(pdf_tables.subprocess, "run", _in_this_process))
        yield Path(place), doors(data)
        if digest(data) != before:
            raise Broken("any", "the folder of data has changed")


def _in_this_process(command: Sequence[str], *, input: bytes, **_: object) -> object:  # noqa: A002
    answer = pdf_tables.json.dumps(pdf_tables.answered(input)).encode()
    return pdf_tables.subprocess.CompletedProcess(command, 0, answer)


def digest(folder: Path) -> str:
    """Name what stands in a folder, but for its lock."""
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"):
        whole.update(path.name.encode() + path.read_bytes())
    return whole.hexdigest()


def cells() -> st.SearchStrategy[str]:
    """Texts of cells: mostly what people write."""
    return st.one_of(
        *[st.sampled_from(FIGURES)] * 3,
        st.sampled_from(HEADINGS),
        st.sampled_from(places()),
        st.text(max_size=6),
    )


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """A table: perhaps a title; a heading; rows with a number and a place, and some without."""
    width = draw(st.integers(1, 6))
    head = draw(st.lists(st.sampled_from(HEADINGS), min_size=width, max_size=width))
    names = draw(st.lists(st.sampled_from(places()), min_size=0, max_size=9))
    rows = [[str(n), name, *(draw(cells()) for _ in range(width - 1))] for n, name in enumerate(names, 1)]
    odd = draw(st.lists(st.lists(cells(), max_size=width + 2), max_size=3))
    title = draw(st.sampled_from([[], [["Bảng 1. Kết quả năm 2023"]]]))
    return [*title, *([["STT", "Tỉnh", *head[: width - 1]]] if draw(st.booleans()) else [head]), *rows, *odd]


@st.composite
def csv_files(draw: st.DrawFn) -> bytes:
    """CSV in any encoding, with any mark, quoted or not; or bytes at random."""
    mark = draw(st.sampled_from([",", ";", "\t", ", "]))
    quote = draw(st.sampled_from(["", '"']))
    text = "\n".join(mark.join(f"{quote}{cell}{quote}" for cell in row) for row in draw(tables()))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1258", "latin-1", "utf-7"]))
    return draw(
        st.one_of(st.just(text.encode(encoding, "replace")), damaged(text.encode(encoding, "replace")))
    )


@st.composite
def workbooks(draw: st.DrawFn) -> bytes:
    """A workbook with kinds of cells, formats, merged ranges and hidden rows; or a damaged one."""
    book = openpyxl.Workbook()
    for number in range(draw(st.integers(1, 2))):
        sheet = (
            book.active
            if not number
            else book.create_sheet(draw(st.sampled_from(["Trang 2", "=1", "x" * 31])))
        )
        for r, row in enumerate(draw(tables()), draw(st.integers(1, 3))):
            for c, text in enumerate(row, 1):
                cell = sheet.cell(r, c)
                cell.value = _typed(text.translate(dict.fromkeys(range(32))), draw(st.integers(0, 5)))
                cell.number_format = draw(
                    st.sampled_from(["General", "General", "0.00%", "dd/mm/yyyy", '0.0"%"', "@"])
                )
        if draw(st.booleans()):
            r, c = draw(st.integers(1, 6)), draw(st.integers(1, 4))
            sheet.merge_cells(
                start_row=r, start_column=c, end_row=r + draw(st.integers(0, 3)), end_column=c + 1
            )
        sheet.row_dimensions[draw(st.integers(1, 9))].hidden = draw(st.booleans())
        sheet.column_dimensions[draw(st.sampled_from("ABCD"))].hidden = draw(st.booleans())
    content = saved(book, DAY)
    return draw(st.one_of(st.just(content), repacked(content), damaged(content)))


def _typed(text: str, kind: int) -> object:
    """A cell's text, or a number, day, truth or whole number of the same place."""
    number = text.replace(",", ".").rstrip("%")
    if (
        kind < 3
        and number.replace(".", "", 1).isascii()
        and number.replace(".", "", 1).isdigit()
        and len(number) < 300
    ):
        return float(number)
    other: dict[int, object] = {3: dt.datetime(2024, 5, 9), 4: True, 5: 10**30}  # noqa: DTZ001
    return other.get(kind, text) if len(text) % 4 == 0 else text


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """A Word document of one or two tables with merged cells; or a damaged one."""
    import docx

    book = docx.Document()
    for _ in range(draw(st.integers(1, 2))):
        rows = draw(tables())
        book.add_paragraph(
            draw(st.sampled_from(["", "Bảng 1. Năm 2023", "(tiếp theo)", "Phụ lục SIPAS 2022"]))
        )
        width = max(map(len, rows), default=1) or 1
        table = book.add_table(len(rows), width)
        for r, row in enumerate(rows):
            for c, text in enumerate(row):
                table.cell(r, c).text = "".join(char for char in text if char.isprintable())
        if draw(st.booleans()) and len(rows) > 1:
            table.cell(0, 0).merge(table.cell(1, draw(st.integers(0, width - 1))))
    out = io.BytesIO()
    book.save(out)
    return draw(st.one_of(st.just(out.getvalue()), repacked(out.getvalue()), damaged(out.getvalue())))


def pdf_files() -> st.SearchStrategy[bytes]:
    """A PDF with a table, damaged."""
    return st.one_of(damaged(_pdf()), st.binary(max_size=80).map(lambda rest: b"%PDF-1.4\n" + rest))


@cache
def _pdf() -> bytes:
    from matplotlib.figure import Figure

    page, out = Figure(figsize=(5, 5)), io.BytesIO()
    axes = page.add_subplot()
    axes.axis("off")
    axes.table(
        [[str(n), name, "87,2"] for n, name in enumerate(places()[:8], 1)], colLabels=["STT", "Tỉnh", "Điểm"]
    )
    page.savefig(out, format="pdf")
    return out.getvalue()


def damaged(data: bytes) -> st.SearchStrategy[bytes]:
    """Bytes with a few changed, or cut off."""

    def change(seed: int) -> bytes:
        rng, own = random.Random(seed), bytearray(data)  # noqa: S311
        for _ in range(rng.randint(1, 6)):
            if own:
                own[rng.randrange(len(own))] = rng.randrange(256)
        return bytes(own[: rng.randint(0, len(own))] if rng.random() < 0.3 else own)

    return st.integers(0, 1 << 30).map(change)


def repacked(data: bytes) -> st.SearchStrategy[bytes]:
    """A packed file one of whose parts is damaged and packed again, so that the damage reaches its reader."""

    def change(seed: int) -> bytes:
        rng, out = random.Random(seed), io.BytesIO()  # noqa: S311
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
            chosen = rng.choice([name for name in old.namelist() if name.endswith((".xml", ".rels"))])
            for name in old.namelist():
                part = bytearray(old.read(name))
                if name == chosen:
                    at = rng.randrange(len(part))
                    part[at : at + rng.randint(0, 12)] = rng.choice(
                        [b"", b"<", b"9" * 20, b"&x;", b'"', b"-1"]
                    )
                new.writestr(name, bytes(part))
        return out.getvalue()

    return st.integers(0, 1 << 30).map(change)


@cache
def _texts(pattern: str) -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted(ROOT.glob(pattern)))


def toml_files() -> st.SearchStrategy[bytes]:
    """A sound file of scenarios, an issuer or recipients, whole or damaged, or with a line of another."""
    sound = [*_texts("data/*.toml"), RECIPIENTS.encode(), ISSUER.encode()]
    lines = [line for text in sound for line in text.splitlines()]
    odd = st.lists(st.sampled_from(lines), max_size=8).map(b"\n".join)
    return st.one_of(st.sampled_from(sound).flatmap(damaged), odd, odd.flatmap(damaged))


def notebook_files() -> st.SearchStrategy[bytes]:
    """A stored notebook with a few bytes changed, or parts of it exchanged for others."""

    def change(seed: int) -> bytes:
        rng = random.Random(seed)  # noqa: S311
        tree = json.loads(rng.choice(_texts("notebooks/*.ipynb")))
        for _ in range(rng.randint(1, 3)):
            node = tree
            while isinstance(node, dict | list) and node and (rng.random() < 0.8 or node is tree):
                above, at = node, rng.choice(list(node) if isinstance(node, dict) else range(len(node)))
                node = node[at]
            above[at] = rng.choice(
                [None, "", -1, 1e308, [], {}, ["x = 1"], "!ls", "\u202e", tree["nbformat"]]
            )
        return json.dumps(tree).encode()

    sound = st.sampled_from(_texts("notebooks/*.ipynb"))
    return st.one_of(sound.flatmap(damaged), *[st.integers(0, 1 << 30).map(change)] * 3)


KINDS: Mapping[str, Callable[[], st.SearchStrategy[bytes]]] = {
    ".csv": csv_files,
    ".xlsx": workbooks,
    ".docx": documents,
    ".pdf": pdf_files,
    ".toml": toml_files,
    ".ipynb": notebook_files,
    LEDGER: lambda: st.one_of(ledgers.ledgers(), ledgers.ledgers().flatmap(damaged)),
}


def campaign(kind: str, examples: int, *, keep: bool = False) -> None:
    """Try so many files of a kind at all doors, one door an example, each in its turn.

    Raises
    ------
    Broken
        With the least file that a door did not take as it should; `keep` puts it into the corpus.
    """
    with office() as (place, every):
        path, worst = place / f"file{kind}", list[Any]()
        others = {name for own in OWN_DOORS.values() for name in own}
        names = OWN_DOORS.get(kind, sorted(set(every) - others))

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        )
        @given(data=KINDS[kind](), door=st.sampled_from(names))
        def trial(data: bytes, door: str) -> None:
            path.write_bytes(data)
            try:
                knock(door, every[door], path)
            except Broken as error:
                worst[:] = [error, data]
                raise

        with suppress(Broken, FlakyFailure):  # a packed file holds the time of day
            trial()
        if worst:
            error, data = worst
            if keep:
                name = hashlib.sha256(data).hexdigest()[:12]
                (CORPUS / f"{name}{kind}").write_bytes(data)
            raise error


def main() -> int:
    """Run all campaigns; what breaks is told and kept."""
    examples = int(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLES
    CORPUS.mkdir(exist_ok=True)
    bad = 0
    for kind in KINDS:
        started = time.monotonic()
        try:
            campaign(kind, examples, keep=True)
            told = "nothing broke"
        except Broken as error:
            bad, told = bad + 1, str(error)
        sys.stdout.write(f"{kind}: {examples} files, {time.monotonic() - started:.0f} s: {told}\n")
    with suppress(ImportError):  # Windows
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        sys.stdout.write(f"{used:.2f} GB at most\n")
    return bad


if __name__ == "__main__":
    sys.exit(main())
