"""Read how a criterion gets its points: from the cells beside it, and from the lines of scoring below it."""

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from forecast.base.errors import Problem, SpecError
from forecast.base.labels import Phrase
from forecast.base.spec import iso_hint, nearest
from forecast.base.spelling import plain_words
from forecast.data import rules
from forecast.data.tables import SOURCES
from forecast.intake.annex.entries import DETAILS, Entry
from forecast.intake.annex.headings import Role
from forecast.intake.annex.step_lines import proposed_rule, unread_line
from forecast.intake.grid import Cell, Grid, Spot

_SOURCES: Final = (  # judged in this order, on text without diacritics
    ("sipas", r"\bsipas\b|hai long"),
    ("leaders_survey", r"\b(dieu tra|khao sat|dtxhh|xhh|leaders)\b|lanh dao"),
    ("appraised", r"tham dinh|tu danh gia|tu cham|appraised"),
    ("outcome", r"tac dong|ket qua kinh te|kinh te xa hoi|phat trien kinh te|outcome"),
)
_NAMES: Final = [Phrase(f"annex.source.{source}") for source in SOURCES]
_RULE_LIKE: Final = re.compile(r"([^()]+?)\s*\([^()]*\)")


@dataclass(frozen=True, slots=True)
class Scoring:
    """How a component gets its points; ``""`` where the annex does not say.

    `proposed` marks a rule made of the printed lines, `prose` a rule in words that is kept as a note.
    """

    notes: tuple[str, ...] = ()
    responsible: str = ""
    source: str = ""
    rule: str = ""
    indicator: str = ""
    deadline: str = ""
    proposed: bool = False
    prose: bool = False
    unread: str = ""  # line of scoring for which the lines give no rule
    spots: Mapping[Role, Spot] = field(default_factory=dict)


def scoring(grid: Grid, entry: Entry, maximum: float) -> tuple[Scoring, list[Problem]]:
    """Read the cells beside an entry and the lines below it."""
    cells = entry.details
    problems: list[Problem] = []

    def wrong(role: Role, key: str, **facts: object) -> str:
        problems.append(grid.problem(cells[role].row, cells[role].column, key, **facts))
        return ""

    texts: dict[Role, str] = dict.fromkeys(DETAILS, "")
    for role, cell in cells.items():
        texts[role] = wrong(role, "annex.formula_text") if cell.kind == "formula" else cell.text
    source = source_of(texts["source"])
    if texts["source"] and not source:
        wrong("source", "annex.source_unknown", allowed=_NAMES)
    deadline = _iso_day(texts["deadline"])
    if texts["deadline"] and not deadline:
        wrong("deadline", "annex.day")
    rule, prose = _rule(texts["rule"])
    if isinstance(rule, SpecError):
        wrong("rule", rule.key, **rule.facts)
    elif rule and not math.isnan(maximum) and rule.most(maximum) > maximum + rules.TOLERANCE:
        wrong("rule", "expect.rule_within", high=maximum)
    lines = [*entry.lines, *(cells["rule"].lines if prose else ())]
    noted = _parts(cells.get("note"))
    proposal = unread = ""
    if rule is None and not math.isnan(maximum):
        proposal = proposed_rule(lines, maximum) or proposed_rule(noted, maximum)
        unread = "" if proposal or prose else unread_line(lines or noted, maximum)
    read = Scoring(
        notes=tuple(dict.fromkeys(text for text in (texts["note"], *lines) if text)),
        responsible=texts["responsible"],
        source=source,
        rule=str(rule) if isinstance(rule, rules.Rule) else proposal,
        indicator=texts["indicator"],
        deadline=deadline,
        proposed=bool(proposal),
        prose=prose,
        unread=unread,
        spots={role: (cell.row, cell.column) for role, cell in cells.items()},
    )
    return read, problems


def source_of(text: str) -> str:
    """Recognise a source of points; ``""`` for other text.

    >>> source_of("Điểm thẩm định"), source_of("Điều tra XHH")
    ('appraised', 'leaders_survey')
    """
    words = plain_words(text.replace("_", " "))
    return next((source for source, wording in _SOURCES if re.search(wording, words)), "")


def _rule(text: str) -> tuple[rules.Rule | SpecError | None, bool]:
    """Read a rule; words that are none are prose, a rule with a slip in it is an error."""
    if not text:
        return None, False
    try:
        return rules.parse(text), False
    except SpecError as refusal:
        shape = _RULE_LIKE.fullmatch(text)
        near = nearest(shape[1] if shape else text, (*rules.KINDS, *rules.ALIASES))
        return (refusal, False) if near and (shape or len(text) < 20) else (None, True)


def _parts(note: Cell | None) -> list[str]:
    """Lines of scoring that may stand in a note."""
    return [part for line in (note.lines if note else ()) for part in line.split(";") if part.strip()]


def _iso_day(text: str) -> str:
    """Read a day of any usual form as ISO; ``""`` if it is none."""
    try:
        return dt.date.fromisoformat(iso_hint(text) or text).isoformat()
    except ValueError:
        return ""
