"""Read what people write for a value of the tables: “Lĩnh vực 3”, III and d3 for D3, “đang làm” for doing.

Lists and commands take what is meant; the tables themselves keep to one spelling, and a refusal names it.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from forecast.base.indexes import INDEXES, MAIN, TOTAL
from forecast.base.labels import Phrase
from forecast.base.spec import iso_hint
from forecast.base.spelling import clean, plain_words
from forecast.data.numbering import Mark, code_of, split_mark, whole_mark
from forecast.data.tables import COMPONENTS, Column

COMPONENT_COLUMNS: Final = ("component", "linked_domain")
# Names of the domains of the main index as decisions word them, whole: criteria have some of their words.
_DOMAINS: Final = {
    "D1": r"(cong tac )?chi dao( va)? dieu hanh( (cong tac )?(cai cach hanh chinh|cchc))?",
    "D2": r"(cai cach )?the che( hanh chinh)?",
    "D3": r"(cai cach )?(cac )?(thu tuc hanh chinh|tthc)",
    "D4": r"(cai cach )?(to chuc )?bo may( hanh chinh)?( nha nuoc)?",
    "D5": r"(cai cach )?(che do )?cong vu( cong chuc)?",
    "D6": r"(cai cach )?tai chinh cong",
    "D7": r"(xay dung (va phat trien )?)?chinh quyen dien tu( va)? (chinh quyen )?so|hien dai hoa hanh chinh",
    "D8": r"tac dong (cua )?(cai cach hanh chinh|cchc)( den .*)?",
}
_TOTAL: Final = r"tong( so| cong)?( diem)?( so)?|diem tong( hop| so)?|total"
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {  # values of choices by column, in words without marks
    "state": {
        "planned": r"du kien|chua (lam|bat dau|thuc hien)|planned",
        "doing": r"dang (lam|thuc hien|trien khai)",
        "done": r"(da )?(xong|hoan thanh)",
        "dropped": r"(da )?bo|khong lam",
    },
    "unit": {"points": r"diem( so)?|point|d", "percent": r"%|phan tram|ty le( %)?|pct", "provinces": r"tinh"},
    "statistic": {
        "value": r"gia tri",
        "mean": r"(gia tri )?(trung binh|binh quan)",
        "max": r"(gia tri )?(cao|lon) nhat",
        "min": r"(gia tri )?(thap|nho) nhat",
    },
    "index_code": {
        MAIN: r"(chi so )?(cchc|cai cach hanh chinh)|par index",
        INDEXES[MAIN].survey: r"(chi so )?hai long",
    },
    "trust": {"official": r"chinh thuc", "press": r"bao chi"},
    "kind": {"cumulative": r"luy ke"},
    "frequency": {
        "day": r"(hang )?ngay",
        "month": r"(hang )?thang",
        "quarter": r"(hang )?quy",
        "half_year": r"nua nam|6 thang|sau thang",
        "year": r"(hang )?nam",
    },
}
_CHANGE: Final = (  # a heading without years and brackets
    r"(toc do |muc |ty le |so )?((do )?tang|giam)( (tang|giam|diem|bac|hang|them))*( so( voi)?( .*)?)?"
    r"|(muc |diem )?chenh( lech)?( .*)?|so (sanh|voi)( .*)?"
    r"|(muc )?(thay doi|bien dong)( (tang|giam|diem))*( so voi.*)?"
    r"|(yoy |annual |absolute )?(change|difference|diff|delta)s?( (from|vs|over|since|against|on) .*)?|yoy"
)
_SIGNS: Final = re.compile(r"[+±Δ∆]")  # of a heading without a word: +/-, (+, -), Δ 2020
_IN_BRACKETS_OR_YEAR: Final = re.compile(r"\(.*?\)|\b(?:19|20)\d\d\b")
_OVER_YEARS: Final = re.compile(r"(?:\D{0,9} )?((?:19|20)\d\d) ?/ ?((?:19|20)\d\d)(?: ?\(?%\)?)?")
_RANK: Final = r"((xep|thu) )?hang|xep thu|vi (tri|thu)|thu (tu )?(hang|bac)|(thu tu )?xep hang|rank(ing)?"
_SHORT_DAY: Final = re.compile(  # as Excel shows a day without its year: 2-Jan, Feb-01, 02-Thg1
    r"\d{1,2}[-/ ](?:[a-z]{3}|thg ?\d{1,2}|tháng \d{1,2})(?:[-/ ]\d{2,4})?|[a-z]{3}-\d{2}", re.IGNORECASE
)


def component_named(text: str, index_code: str = MAIN) -> str:
    """Code of the component that a cell names, by its number or its whole name; ``""`` where it is not plain.

    >>> [component_named(text) for text in ("III", "Lĩnh vực 3", "d3", "3. Cải cách TTHC", "Tiêu chí 1.2")]
    ['D3', 'D3', 'D3', 'D3', '1.2']
    >>> [component_named(text) for text in ("Cải cách thể chế", "II. Tài chính công", "5", "2024-02-01")]
    ['D2', '', '', '']
    """
    bare = clean(text)
    bare = bare.upper() if re.fullmatch("[ivx]{1,4}", bare) else bare
    own = _by_words(index_code).get(plain_words(bare)) or _in_words(plain_words(bare), index_code)
    if own or turned_into_day(bare):
        return own
    mark, name = (whole, "") if (whole := whole_mark(bare)) else split_mark(bare)
    if mark is None or (len(mark.parts) > 1 and index_code == MAIN):
        return code_of(mark.parts) if mark else ""
    if not name:
        return domain_marked(mark, index_code)
    numbered = domain_marked(replace(mark, style="roman"), index_code)
    return numbered if component_named(name, index_code) == numbered else ""


def domain_marked(mark: Mark, index_code: str) -> str:
    """Domain that a number says by its form: III, D3, “Lĩnh vực 3”; a bare figure may be any column's."""
    names = INDEXES[index_code].domains
    says = mark.level == 1 or (mark.style == "roman" and not mark.level)
    inside = says and len(mark.parts) == 1 and mark.parts[0] <= len(names)
    return names[mark.parts[0] - 1] if inside else ""


def choice_named(text: str, column: str, choices: Sequence[str]) -> str:
    """Value of a choice that a cell means; ``""`` where it is not plain.

    >>> choice_named("Đang thực hiện", "state", ("planned", "doing")), choice_named("%", "unit", ("percent",))
    ('doing', 'percent')
    """
    if column in COMPONENT_COLUMNS and (component := component_named(text)) in choices:
        return component
    words, bare = _WORDS.get(column, {}), plain_words(text)
    by_case = (choice for choice in choices if choice.casefold() == clean(text).casefold())
    by_words = (choice for choice in choices if choice in words and re.fullmatch(words[choice], bare))
    return next(by_case, "") or next(by_words, "")


def value_named(text: str, column: Column, index_code: str, known: Collection[str]) -> str:
    """Value of a column of choices or components that a cell means; `known` components stand as they are."""
    if column.kind == "choice":
        return choice_named(text, column.name, column.choices)
    own = column.name in COMPONENT_COLUMNS and text not in known
    return component_named(text, index_code) if own and index_code in COMPONENTS else ""


def in_words(column: str, choices: Sequence[str]) -> Sequence[Phrase | str]:
    """Choices as a message lists them: those that lists take in words, with the words."""
    if column != "state":
        return choices
    return [
        Phrase("expect.choice_in_words", {"word": Phrase(f"remedy_table.{each}"), "value": each})
        for each in choices
    ]


def is_rank(words: str) -> bool:
    """Whether a heading, without marks, years and brackets, is that of a rank.

    >>> is_rank("xep hang"), is_rank("hang hoa")
    (True, False)
    """
    return re.fullmatch(_RANK, words) is not None


def is_change(heading: str) -> bool:
    """Whether a heading says that its figures are changes against another year, and so no results.

    >>> [is_change(text) for text in ("+/-", "Tăng giảm 2020/2019", "So với năm trước", "Tăng trưởng")]
    [True, True, True, False]
    """
    if (over := _OVER_YEARS.fullmatch(heading.strip())) and over[1] > over[2]:
        return True
    bare = plain_words(_IN_BRACKETS_OR_YEAR.sub(" ", heading)).split()
    words = " ".join(word for word in bare if word not in ("nam", "%"))
    return bool(re.fullmatch(_CHANGE, words) if words else _SIGNS.search(heading))


def turned_into_day(text: str) -> bool:
    """Whether a number was turned into a day by a spreadsheet, or is shown as one.

    >>> turned_into_day("2024-02-01"), turned_into_day("1-Feb"), turned_into_day("1.2")
    (True, True, False)
    """
    bare = clean(text)
    return bool(iso_hint(bare) or _SHORT_DAY.fullmatch(bare))


def _in_words(words: str, index_code: str) -> str:
    """Component of the main index that words without marks name as decisions and tables do."""
    bare = words.removeprefix("linh vuc ")
    names = {TOTAL: _TOTAL, **(_DOMAINS if index_code == MAIN else {})}
    return next((name for name, wording in names.items() if re.fullmatch(wording, bare)), "")


@cache
def _by_words(index_code: str) -> Mapping[str, str]:
    """Codes of an index by all that names them whole: the code, and its names in both languages."""
    index = INDEXES[index_code]
    named = [(code, code) for code in COMPONENTS[index_code]]
    named += [
        (name, code)
        for names in (index.short_names, index.names)
        for code in names
        for name in names[code].values()
    ]
    named += [(name.removeprefix(f"{code} "), code) for name, code in named if name.startswith(f"{code} ")]
    return {plain_words(name): code for name, code in reversed(named)} | {TOTAL: TOTAL}
