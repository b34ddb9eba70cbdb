"""A made-up annex, printed in several layouts; every name says that it is made up."""

import csv
import random
from dataclasses import dataclass
from pathlib import Path

import openpyxl
from openpyxl.styles import Alignment

DOMAIN_MAXIMA = {1: 9.5, 2: 10.0, 3: 13.0, 4: 10.5, 5: 15.0, 6: 12.0, 7: 13.5, 8: 16.5}
# Points of the survey of leaders inside domains 1 to 7; together 22, as the published parts have it.
SURVEY = {1: 3.0, 2: 3.5, 3: 3.0, 4: 3.0, 5: 4.0, 6: 2.5, 7: 3.0}
ROMAN = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII")
SOURCE_WORDS = {
    "appraised": "Thẩm định",
    "leaders_survey": "Điều tra xã hội học",
    "sipas": "SIPAS",
    "outcome": "Tác động",
}
STEPS = ("Từ 95% trở lên: {full}", "Từ 80% - dưới 95%: {half}", "Dưới 80%: 0")


@dataclass(frozen=True)
class Node:
    """One made-up component."""

    path: tuple[int, ...]
    name: str
    points: float
    source: str = ""
    steps: tuple[str, ...] = ()

    @property
    def code(self):
        """D1, 1.2 or 1.2.3."""
        return f"D{self.path[0]}" if len(self.path) == 1 else ".".join(map(str, self.path))


def numeral(value, mark=","):
    """A number with just its decimals."""
    return f"{value:g}".replace(".", mark)


def nodes(seed=1, maxima=DOMAIN_MAXIMA):
    """A whole tree whose parts add up, in order."""
    rng = random.Random(seed)  # noqa: S311
    made = []
    for domain, points in maxima.items():
        made.append(Node((domain,), f"Lĩnh vực giả định số {domain}", points))
        survey = SURVEY.get(domain, 0.0)
        for place, (part, source) in enumerate(_criteria(rng, domain, points, survey), 1):
            made.append(Node((domain, place), f"Tiêu chí giả định {domain}.{place}", part))
            split = _split(rng, part, rng.choice((2, 3)))
            for k, piece in enumerate(split, 1):
                steps = ()
                if source == "appraised" and k == 1:
                    steps = tuple(line.format(full=numeral(piece), half=numeral(piece / 2)) for line in STEPS)
                name = f"Tiêu chí giả định thành phần số {k}"
                made.append(Node((domain, place, k), name, piece, source, steps))
    return made


def _criteria(rng, domain, points, survey):
    if domain == 8:
        return [(10.0, "sipas"), (points - 10.0, "outcome")]
    own = _split(rng, points - survey, rng.choice((2, 3)))
    return [*((part, "appraised") for part in own), (survey, "leaders_survey")]


def _split(rng, points, count):
    quarters = round(points * 4)
    count = min(count, quarters)
    cuts = sorted(rng.sample(range(1, quarters), count - 1)) if count > 1 else []
    return [(b - a) / 4 for a, b in zip([0, *cuts], [*cuts, quarters], strict=True)]


HEAD = ("STT", "Lĩnh vực/Tiêu chí/Tiêu chí thành phần", "Điểm tối đa", "Phương thức đánh giá", "Ghi chú")


def dotted(node):
    """1, 1.2, 1.2.3."""
    return ".".join(map(str, node.path))


def roman_restarting(node):
    """I, then 1, then 1.1 within the domain."""
    return ROMAN[node.path[0]] if len(node.path) == 1 else ".".join(map(str, node.path[1:]))


def roman_dotted(node):
    """I, II.3, II.3.1."""
    return ".".join([ROMAN[node.path[0]], *map(str, node.path[1:])])


def words(node):
    """Lĩnh vực 1, Tiêu chí 1.2, TCTP 1.2.3."""
    return ("Lĩnh vực ", "Tiêu chí ", "TCTP ")[len(node.path) - 1] + dotted(node)


def roman_mixed(node):
    """I for domains, full numbers below."""
    return ROMAN[node.path[0]] if len(node.path) == 1 else dotted(node) + "."


def bracketed(node):
    """I, 1, (1): each level restarts in a style of its own."""
    last = node.path[-1]
    return (ROMAN[last], f"{last}.", f"({last})")[len(node.path) - 1]


def rows_of(tree, number=dotted, points=numeral):
    """One row a component, with rows of steps below: number, name, maximum, source, note."""
    rows = []
    for node in tree:
        source = SOURCE_WORDS.get(node.source, "")
        rows.append([number(node), node.name, points(node.points), source, ""])
        rows += [["", step, "", "", ""] for step in node.steps]
    return rows


def write_sheet(path, rows, merges=(), title="Phụ lục"):
    """Save rows as one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            if value != "":
                cell = sheet.cell(number, column, value)
                cell.alignment = Alignment(wrap_text=True)
    for span in merges:
        sheet.merge_cells(span)
    book.save(path)
    return path


def one_column(tree, folder, number=dotted, points=numeral):
    """One column of numbers, heading in the first row."""
    return write_sheet(folder / "one.xlsx", [HEAD, *rows_of(tree, number, points)])


def with_titles(tree, folder, number=dotted, points=numeral):
    """Title pages, heading repeated on a later page, row of column numbers, totals, notes below."""
    body = rows_of(tree, number, points)
    half = next(k for k, row in enumerate(body) if row[1] == "Lĩnh vực giả định số 5")
    index = ["(1)", "(2)", "(3)", "(4)", "(5)"]
    rows = [
        ["BỘ NỘI VỤ (giả định)"],
        ["PHỤ LỤC GIẢ ĐỊNH: BỘ TIÊU CHÍ XÁC ĐỊNH CHỈ SỐ CẢI CÁCH HÀNH CHÍNH CẤP TỈNH"],
        ["(Kèm theo Quyết định số 000/QĐ-GĐ, có thang điểm 100)"],
        [],
        [*HEAD],
        index,
        *body[:half],
        [],
        [*HEAD],
        index,
        *body[half:],
        ["", "Tổng cộng", points(100.0), "", ""],
        ["Ghi chú:"],
        ["1. Dòng ghi chú giả định thứ nhất."],
        ["2. Dòng ghi chú giả định thứ hai."],
    ]
    return write_sheet(folder / "titles.xlsx", rows, ["A1:E1", "A2:E2", "A3:E3"])


def merged(tree, folder, number=dotted, points=numeral):
    """A heading of two rows; domains and criteria merged over the columns, source merged over rows."""
    rows = [
        ["PHỤ LỤC GIẢ ĐỊNH"],
        ["STT", "Tiêu chí", "Điểm", "", "Phương thức đánh giá", "Ghi chú"],
        ["", "", "Tối đa", "Tự chấm", "", ""],
    ]
    merges = ["A1:F1", "A2:A3", "B2:B3", "C2:D2", "E2:E3", "F2:F3"]
    begun, last = None, ""
    for node in tree:
        source = SOURCE_WORDS.get(node.source, "")
        number_row = len(rows) + 1
        if len(node.path) == 1:
            rows.append([f"{number(node)}. {node.name.upper()}", "", points(node.points)])
            merges.append(f"A{number_row}:B{number_row}")
        else:
            rows.append([number(node), node.name, points(node.points), "", source])
        if begun and (not source or source != last):
            merges += [f"E{begun}:E{number_row - 1}"] if number_row - 1 > begun else []
            begun = None
        if source and begun is None:
            begun = number_row
        elif source:
            rows[-1][4] = ""
        last = source
        rows += [["", step] for step in node.steps]
    if begun and begun < len(rows):
        merges.append(f"E{begun}:E{len(rows)}")
    return write_sheet(folder / "merged.xlsx", [[*row] for row in rows], merges)


def several_columns(tree, folder, number=dotted, points=numeral):
    """A column for each level; a domain, its first criterion and its first sub-criterion share a row."""
    rows = [["Lĩnh vực", "Tiêu chí", "Tiêu chí thành phần", "Thang điểm", "Nguồn điểm"]]
    merges, begins = [], {}
    held = ["", ""]
    for node in tree:
        if len(node.path) < 3:
            size = numeral(node.points)
            held[len(node.path) - 1] = f"{number(node)}. {node.name} ({size} điểm)"
            continue
        row = len(rows) + 1
        for column, text in enumerate(held):
            if text:
                if column in begins and row - 1 > begins[column]:
                    merges.append(f"{'AB'[column]}{begins[column]}:{'AB'[column]}{row - 1}")
                begins[column] = row
        whole = "\n".join([f"{number(node)}. {node.name}", *node.steps])
        rows.append([*held, whole, points(node.points), SOURCE_WORDS[node.source]])
        held = ["", ""]
    return write_sheet(folder / "columns.xlsx", rows, merges)


def semicolons(tree, folder, number=dotted, points=numeral):
    """CSV as Vietnamese Excel saves it: byte order mark, semicolons, decimal commas, rows of sums."""
    path = folder / "semicolons.csv"
    rows = [["PHỤ LỤC GIẢ ĐỊNH", "", "", "", ""], [*HEAD], *rows_of(tree, number, points)]
    rows.append(["", "Tổng điểm", points(100.0), "", ""])
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    return path


def commas(tree, folder, number=dotted, points=numeral):
    """Plain CSV."""
    path = folder / "commas.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([[*HEAD], *rows_of(tree, number, points)])
    return path


LAYOUTS = (one_column, with_titles, merged, several_columns, semicolons, commas)
NUMBERS = (dotted, roman_restarting, roman_dotted, words, roman_mixed, bracketed)


def expected(tree):
    """Code, name and points of each component, as any layout must be read."""
    return tuple((node.code, node.name.casefold(), node.points) for node in tree)


def data_folder(folder):
    """A copy of the project's data, to write into."""
    real = Path(__file__).parents[3] / "data"
    target = folder / "data"
    target.mkdir()
    for file in real.glob("*.csv"):
        (target / file.name).write_bytes(file.read_bytes())
    return target
