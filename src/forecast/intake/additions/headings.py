"""Recognise headings of printed tables and lists: a component in points, percent or rank, or a column."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from forecast.base.indexes import MAIN
from forecast.base.spelling import plain_words
from forecast.data.framework import TOTAL
from forecast.data.numbering import split_mark, whole_mark
from forecast.data.spellings import domain_marked, is_rank
from forecast.data.tables import APPRAISED, COMPONENTS, Table

Kind = Literal["figure", "rank", "ignored", "unknown"]
Unit = Literal["points", "percent", ""]

_APPRAISED: Final = "part.appraised"
_TOTALS: Final = (
    r"tong( so| cong)?( diem)?( so)?|diem tong( hop)?|diem so|diem|chi so|ket qua( chi so)?|gia tri( chi so)?"
)
# Searched in this order in a heading without diacritics; the first that is found is taken.
_PARTS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "PAR": (
        ("D8.sipas", r"sipas|hai long"),
        ("D8.outcome", r"tac dong (den )?(su )?(phat trien )?(kinh te|kt)"),
        ("part.appraised", r"tham dinh|tu danh gia"),
        ("part.leaders_survey", r"(dieu tra|khao sat|dtxhh).*lanh dao"),
        ("part.survey", r"dieu tra xa hoi hoc|dtxhh"),
        ("D8", r"tac dong"),
        ("D1", r"chi dao"),
        ("D2", r"the che"),
        ("D3", r"thu tuc hanh chinh|tthc"),
        ("D4", r"bo may"),
        ("D5", r"cong vu|cong chuc"),
        ("D6", r"tai chinh"),
        ("D7", r"chinh quyen (dien tu|so)|hien dai hoa"),
        (TOTAL, rf"^({_TOTALS})?( ?(cua )?(chi so )?(cchc|cai cach hanh chinh|par ?index))?$"),
    ),
    "SIPAS": (
        ("access", r"tiep can"),
        ("procedures", r"thu tuc"),
        ("officials", r"cong chuc"),
        ("feedback", r"gop y|phan anh|kien nghi"),
        (TOTAL, rf"sipas|hai long( chung| ve su phuc vu)|^({_TOTALS}|(chi so )?(hai long|chung))$"),
        ("results", r"ket qua"),
    ),
    "PAPI": (
        ("P1", r"tham gia|participation"),
        ("P2", r"minh bach|transparen"),
        ("P3", r"giai trinh|accountab"),
        ("P4", r"tham nhung|corruption"),
        ("P5", r"thu tuc hanh chinh|procedures"),
        ("P6", r"dich vu cong|public service"),
        ("P7", r"moi truong|environment"),
        ("P8", r"dien tu|e govern"),
        (TOTAL, rf"papi|^({_TOTALS})$"),
    ),
    "PCI": (
        ("gia_nhap_thi_truong", r"gia nhap|entry cost"),
        ("tiep_can_dat_dai", r"dat dai|access to land|land access"),
        ("tinh_minh_bach", r"minh bach|transparen"),
        ("chi_phi_thoi_gian", r"chi phi thoi gian|time cost"),
        ("chi_phi_khong_chinh_thuc", r"khong chinh thuc|informal charge"),
        ("canh_tranh_binh_dang", r"binh dang|policy bias|competition"),
        ("tinh_nang_dong", r"nang dong|proactiv"),
        ("ho_tro_doanh_nghiep", r"ho tro|business support"),
        ("dao_tao_lao_dong", r"lao dong|labou?r"),
        ("thiet_che_phap_ly", r"phap ly|legal|law and order"),
        (TOTAL, rf"pci|^({_TOTALS})$"),
    ),
    "DTI": (
        ("nhan_thuc_so", r"nhan thuc so"),
        ("the_che_so", r"the che so"),
        ("ha_tang_so", r"ha tang so"),
        ("nhan_luc_so", r"nhan luc so"),
        ("an_toan_thong_tin", r"an toan"),
        ("hoat_dong_chinh_quyen_so", r"hoat dong chinh quyen so"),
        ("hoat_dong_kinh_te_so", r"hoat dong kinh te so"),
        ("hoat_dong_xa_hoi_so", r"hoat dong xa hoi so"),
        ("CQS", r"chinh quyen so|\bcqs\b"),
        ("KTS", r"kinh te so|\bkts\b"),
        ("XHS", r"xa hoi so|\bxhs\b"),
        (TOTAL, rf"dti|chuyen doi so|^({_TOTALS})$"),
    ),
}
# Taken for the total where no other heading is: the result itself, or that of a service.
_BESIDE_TOTAL: Final[dict[str, dict[str, str]]] = {"SIPAS": {"results": "ket qua"}}
_IGNORED: Final = (
    r"(so )?(tt|stt|thu tu)|xep loai|nhom( xep hang)?|ghi chu|tang.*|giam.*|chenh lech.*|so sanh.*"
)
_PERCENT: Final = r"%|\bty le\b|phan tram"
_POINTS: Final = r"\bdiem\b"
_NUMBERING: Final = re.compile(r"\(?\[?(\d{1,2}|[A-Z])\]?\)?(=.*)?")
_YEAR: Final = re.compile(r"\b(?:19|20)\d\d\b")
_SHORT_YEAR: Final = re.compile(r"\bnăm ([123]\d)\b(?![.,/-]?\d)", flags=re.IGNORECASE)
_MAXIMUM: Final = re.compile(r"\((?:tối đa\s*:?\s*)?(\d{1,3}(?:[.,]\d{1,2})?)\s*(?:điểm|đ)?\)", re.IGNORECASE)

_CRITERION: Final = r"ma( so)?( tieu chi( thanh phan)?)?|tieu chi( thanh phan)?|thanh phan"
_EVERY_LIST: Final = {
    "area": r"dia phuong|tinh( thanh pho)?",
    "year": r"nam( danh gia)?",
    "published_on": r"ngay cong bo",
    "source_url": r"nguon.*",
    "note": r"ghi chu",
    "component": _CRITERION,
    "max_score": r"diem toi da|thang diem|diem chuan",
    "trust": r"do tin cay",
}
# Taken where no other column of the list is what they may be.
_ELSE: Final = {
    "component": r"(ten )?linh vuc",
    "note": r"cach tinh|can cu|ton tai( han che)?",
    "score": r"(diem|ty le)( diem)?( so| dat( duoc)?)?( %| phan tram)|% diem|score %"
    r"|(diem )?ty le( dat( duoc)?)?",
}
_LIST_COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "indicators": {
        "indicator_code": r"ma( so)?( chi tieu)?",
        "indicator_name_vi": r"(ten )?chi tieu|ten",
        "period": r"ky( so lieu| bao cao)?|thoi (gian|ky)",
        "value": r"gia tri|so lieu|ket qua",
        "unit": r"don vi( tinh)?|dvt",
        "linked_domain": r"linh vuc( lien quan)?",
    },
    "indicator-types": {
        "indicator_code": r"ma( so)?( chi tieu)?",
        "name_vi": r"(ten )?chi tieu|ten( tieng viet)?",
        "name_en": r"ten tieng anh",
        "unit": r"don vi( tinh)?|dvt",
        "component": r"linh vuc( lien quan)?|tieu chi",
        "sign": r"dau",
        "kind": r"loai",
        "frequency": r"dinh ky|ky cong bo",
        "source": r"nguon.*",
    },
    "elasticities": {
        "indicator_code": r"ma( so)?( chi tieu)?",
        "low": r"(muc )?thap|tu",
        "high": r"(muc )?cao|den",
        "stated_by": r"nguoi (noi|neu|nhan dinh)|chuyen gia|don vi|co quan( don vi)?",
        "stated_on": r"ngay( (noi|neu|nhan dinh))?",
    },
    "criteria": {
        "index_code": r"(ma )?chi so|ten chi so",
        "score": r"diem( so| dat( duoc)?)?( diem)?",
        "rank": r"(xep )?hang",
        "unit": r"don vi tinh|dvt",
    },
    "self-scores": {
        "self_score": r"(diem )?tu (cham|danh gia)",
        "appraised_score": r"(diem )?tham dinh",
    },
    "remedies": {
        "unit": r"(don vi|co quan( don vi)?)( chu tri| thuc hien)?",
        "action": r"viec( khac phuc| lam)?|noi dung.*|(bien|giai) phap( (khac phuc|thuc hien))?",
        "responsible": r"(nguoi )?(phu trach|chiu trach nhiem)",
        "due": r"(thoi )?han.*|(ngay|thoi gian) hoan thanh",
        "state": r"tinh trang|trang thai|tien do",
        "expected_effect": r"(so )?diem du kien.*|tac dong du kien",
        "recorded_on": r"ngay (ghi( nhan)?|nhan dinh|cap nhat)",
    },
}


@dataclass(frozen=True, slots=True)
class Heading:
    """What a column holds; `maximum` is the one printed in the heading, 0 if none is."""

    kind: Kind
    component: str = ""
    unit: Unit = ""
    maximum: float = 0.0


def recognise(labels: Sequence[str], index_code: str, year: int) -> Heading:
    """Recognise a column by its headings, from the top.

    >>> recognise(["III. Cải cách thủ tục hành chính", "Tỷ lệ %"], "PAR", 2023)
    Heading(kind='figure', component='D3', unit='percent', maximum=0.0)
    >>> recognise(["Chỉ số CCHC", "Xếp hạng"], "PAR", 2023).kind
    'rank'
    """
    relevant = [label for label in labels if not _NUMBERING.fullmatch(label) or _numbered(label, index_code)]
    years = years_in(" ".join(relevant))
    if not relevant or (years and year not in years):
        return Heading("ignored")
    words = [_words(label) for label in relevant]
    if any(re.fullmatch(_IGNORED, text) for text in words):
        return Heading("ignored")
    components = [_component(label, text, index_code) for label, text in zip(relevant, words, strict=True)]
    own = [name for name in components if name and name != TOTAL]
    whole = own[0] if own else TOTAL if TOTAL in components else ""
    component = next((name for name in own if name != _APPRAISED), whole)
    if f"{component}.appraised" in APPRAISED and _APPRAISED in components[components.index(component) :]:
        component = f"{component}.appraised"  # a column of its own below the domain's heading
    if any(is_rank(text) or re.match(r"(bang )?(xep|thu) hang|hang ", text) for text in words):
        return Heading("rank", component or TOTAL)
    if not component:
        return Heading("unknown")
    unit = _unit_in(" ".join(map(plain_words, relevant)))
    return Heading("figure", component, unit, next(filter(None, map(maximum_in, relevant)), 0.0))


def part_beside_total(labels: Sequence[str], index_code: str) -> str:
    """Part that a heading means where another one is the total; an empty text for none.

    >>> part_beside_total(["Kết quả"], "SIPAS"), part_beside_total(["Chỉ số"], "SIPAS")
    ('results', '')
    """
    wording = _BESIDE_TOTAL.get(index_code, {})
    found = (part for part, text in wording.items() if any(_words(label) == text for label in labels))
    return next(found, "")


def column_named(heading: str, kind: str, table: Table) -> str:
    """Column of the table that the heading of a list means: its own name or Vietnamese words; "" for none."""
    words = plain_words(heading)
    own = next((name for name in table.names if plain_words(name) == words), "")
    of_kind = _LIST_COLUMNS[kind]
    of_all = {n: w for n, w in _EVERY_LIST.items() if n in table.names and n not in of_kind}
    wordings = {**of_kind, **of_all}
    return own or next((name for name, wording in wordings.items() if re.fullmatch(wording, words)), "")


def column_else(heading: str, table: Table) -> str:
    """Column that a heading means where no other one does: a domain, how a figure was computed."""
    words = plain_words(heading)
    found = (name for name, wording in _ELSE.items() if name in table.names and re.fullmatch(wording, words))
    return next(found, "")


def unit_said(text: str) -> Unit:
    """Unit that a line above the table names: ``Đơn vị tính: %``."""
    words = plain_words(text)
    return _unit_in(words) if re.match(r"(don vi tinh|dvt)\b", words) else ""


def maximum_in(heading: str) -> float:
    """Maximum that a heading prints: “(tối đa 8,5 điểm)”; 0 if none."""
    found = _MAXIMUM.search(heading)
    return float(found[1].replace(",", ".")) if found else 0.0


def years_in(text: str) -> set[int]:
    """Years that a text names, in two digits too: “năm 22”.

    >>> sorted(years_in("Chỉ số CCHC năm 2022 và năm 23")), years_in("5 năm 20.000 người")
    ([2022, 2023], set())
    """
    return {int(found) for found in _YEAR.findall(text)} | {2000 + int(d) for d in _SHORT_YEAR.findall(text)}


def indexes_in(text: str) -> frozenset[str]:
    """Indexes that a text names by their codes or, the main one, in words."""
    words = plain_words(text)
    main = {MAIN} if re.search(r"\b(cchc|cai cach hanh chinh)\b", words) else set()
    return frozenset({code for code in COMPONENTS if code.casefold() in words.split()} | main)


def in_percent(heading: str) -> bool:
    """Whether a heading says that its figures are percent: “Điểm (%)”."""
    return _unit_in(plain_words(heading)) == "percent"


def _unit_in(words: str) -> Unit:
    return "percent" if re.search(_PERCENT, words) else "points" if re.search(_POINTS, words) else ""


def _words(label: str) -> str:
    """A heading without diacritics, years and what stands in brackets."""
    bare = plain_words(_YEAR.sub(" ", re.sub(r"\(.*?\)", " ", label)))
    return " ".join(word for word in bare.split() if word != "nam")


def _component(label: str, words: str, index_code: str) -> str:
    """Component that one heading names: by its number first, then by its words."""
    parts = (name for name, wording in _PARTS[index_code] if words and re.search(wording, words))
    return _numbered(label, index_code) or next(parts, "")


def _numbered(label: str, index_code: str) -> str:
    """D3, P3, III, "III. Cải cách…", "Lĩnh vực 3"; a bare figure is a column's number and no component's."""
    if label in COMPONENTS[index_code]:
        return label
    printed = re.match(r"([A-Z]\d{1,2})\b", label)  # “P1. Participation”
    if printed and printed[1] in COMPONENTS[index_code]:
        return printed[1]
    mark = whole_mark(re.sub(r"^P(?=\d)", "D", label)) or split_mark(label)[0]
    return domain_marked(mark, index_code) if mark else ""
