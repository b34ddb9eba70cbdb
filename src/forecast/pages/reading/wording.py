"""Write figures, names and chances as text, in the same way on every page and in every picture."""

from __future__ import annotations

import contextlib
import datetime as dt
import math
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import pandas as pd

from forecast.base import labels
from forecast.base.incoming import record
from forecast.base.indexes import INDEXES, SURVEYS, panel_of
from forecast.base.labels import Phrase

SPACE: Final = "\N{NO-BREAK SPACE}"
SHADES: Final = 5  # classes of colour in the style sheet

_UNSEEN: Final = ("Cc", "Cf", "Co", "Cs")  # control, format (which turns the direction), private, surrogate
_NEVER: Final = "\ufffe\uffff"  # no characters at all; neither XML nor a workbook can hold them

# Upper ends, in whole percent, of the bands of the phrase table, most doubtful first.
BANDS: Final = (
    (1, "chance.exceptionally_unlikely"),
    (10, "chance.very_unlikely"),
    (33, "chance.unlikely"),
    (66, "chance.even"),
    (90, "chance.likely"),
    (99, "chance.very_likely"),
    (101, "chance.virtually_certain"),
)


def code_name(family: str, code: str, lang: str) -> str:
    """Name a code by the catalogue's key ``family.code``; one that it does not know stays as it is."""
    key = f"{family}.{code}"
    return labels.text(key, lang) if key in labels.catalogue() and not labels.fields(key, lang) else code


def short_name(component: str, lang: str) -> str:
    """Name a component shortly, code first: "D3 Thủ tục hành chính"; unknown ones by their code."""
    return code_name("component", component, lang)


def place_name(area: str, lang: str) -> str:
    """Name an area in running text: "Thành phố Hồ Chí Minh"."""
    return code_name("place", area, lang)


def indicator_unit(unit: str, lang: str) -> str:
    """Name the unit of an indicator; one that the catalogue does not know stays as it was entered."""
    return code_name("indicator_unit", own_words(unit), lang)


def department(responsible: str, lang: str) -> str:
    """Name responsible departments; those that the catalogue does not know keep their Vietnamese name."""
    names = [own_words(name) for name in responsible.split(";") if name.strip()]
    return "; ".join(code_name("unit", name, lang) for name in names) or labels.MISSING


def sentence(reason: Any, lang: str) -> str:
    """Write a reason from a table: a `Phrase`, JSON of one or several phrases, a key, or plain text."""
    if isinstance(reason, Phrase):
        return reason.text(lang)
    text = "" if reason is None or (isinstance(reason, float) and math.isnan(reason)) else str(reason)
    if text.startswith(("{", "[")):
        with contextlib.suppress(ValueError):  # people's words may only begin like it
            parsed = record(text)
            phrases = parsed if isinstance(parsed, list) else [parsed]
            if all(_is_phrase(phrase) for phrase in phrases):
                return "; ".join(_phrase(phrase, lang).text(lang) for phrase in phrases)
    return labels.text(text, lang) if text in labels.catalogue() else text


def _is_phrase(value: object) -> bool:
    return isinstance(value, dict) and value.get("key") in labels.catalogue()


def _phrase(parsed: Mapping[str, Any], lang: str) -> Phrase:
    """Build a phrase from parsed JSON; a fact may be a phrase again, a name in both languages, a code."""
    facts: dict[str, Any] = {}
    for name, fact in parsed.get("facts", {}).items():
        if isinstance(fact, Mapping):
            facts[name] = _phrase(fact, lang) if "key" in fact else own_words(fact[lang])
        else:
            facts[name] = _fact(name, fact, lang) if isinstance(fact, str) else fact
    return Phrase(parsed["key"], facts)


def _fact(name: str, fact: str, lang: str) -> str:
    if name == "department":
        return department(fact, lang)
    if name == "period":
        return period(fact, lang)
    if name == "unit":
        return indicator_unit(fact, lang)
    return code_name("model", fact, lang) if name == "model" else own_words(fact)


def period(code: str, lang: str) -> str:
    """Write a period: months of a year, a month, a quarter, a year; other text unchanged.

    >>> period("2024-01..2024-09", "vi"), period("2024-Q1", "en"), period("2024-01..2024-10-11", "vi")
    ('tháng 1–9/2024', 'quarter 1 of 2024', 'đến 11/10/2024')
    """
    if match := re.fullmatch(r"\d{4}-01\.\.(\d{4}-\d\d-\d\d)", code):
        return labels.text("period.to_day", lang, day=labels.day(dt.date.fromisoformat(match[1]), lang))
    if re.fullmatch(r"\d{4}-\d\d-\d\d", code):
        return labels.day(dt.date.fromisoformat(code), lang)
    forms = {
        "months": r"(?P<year>\d{4})-0?(?P<first>\d+)\.\.\d{4}-0?(?P<last>\d+)",
        "month": r"(?P<year>\d{4})-0?(?P<month>\d+)",
        "quarter": r"(?P<year>\d{4})-Q(?P<quarter>\d)",
        "year": r"(?P<year>\d{4})",
    }
    for name, form in forms.items():
        if match := re.fullmatch(form, code):
            return labels.text(f"period.{name}", lang, **match.groupdict())
    return code


def own_words(text: Any) -> str:
    r"""Give what people wrote on one line, without signs that turn or hide the text around them.

    >>> own_words("xong\n\N{RIGHT-TO-LEFT OVERRIDE}trước 30/11")
    'xong trước 30/11'
    """
    if text is None or (isinstance(text, float) and math.isnan(text)):
        return ""
    spaced = " ".join(unicodedata.normalize("NFC", str(text)).split())
    return "".join(
        sign for sign in spaced if unicodedata.category(sign) not in _UNSEEN and sign not in _NEVER
    ).strip()


def short(name: str, letters: int) -> str:
    """Cut a name at a word, so that it finds room in a picture or on page one.

    >>> short("1.2.3 Mức độ hoàn thành nhiệm vụ", 20)
    '1.2.3 Mức độ hoàn…'
    """
    cut = textwrap.shorten(name, letters, placeholder="…").strip()
    return f"{name[: letters - 1]}…" if cut in ("", "…") else cut


def target_name(target: Any, lang: str) -> str:
    """Name a target: "among the first 15"."""
    return labels.text(f"target.{target['quantity']}", lang, value=labels.plain(float(target["value"]), lang))


def is_survey(index_code: str) -> bool:
    """Whether an index is one percentage without parts, inside another."""
    return index_code in SURVEYS


def survey(index_code: str) -> str:
    """Code of the survey that is forecast along with an index; an empty text if there is none.

    >>> survey("PAR"), survey("SIPAS"), survey("PAPI")
    ('SIPAS', 'SIPAS', '')
    """
    return INDEXES[panel_of(index_code)].survey


def unit(index_code: str, lang: str) -> str:
    """Name the unit of an index: a survey is a percentage, others are points."""
    return "%" if is_survey(index_code) else labels.text("word.points", lang)


def points(value: float, lang: str, *, published: bool = False) -> str:
    """Write points or percent: published figures with two decimals, forecasts with one."""
    return labels.number(value, 2 if published else 1, lang)


def span(lower: float, upper: float, lang: str, *, decimals: int = 1) -> str:
    """Write a range on one line: "84,9 – 89,3"; a dash if it is unknown."""
    if math.isnan(lower) or math.isnan(upper):
        return labels.MISSING
    ends = (labels.number(end, decimals, lang) for end in (lower, upper))
    return f"{SPACE}–{SPACE}".join(ends)


def chance(probability: float, lang: str) -> str:
    """Write a probability in whole percent; never 0 or 100, which no forecast can promise."""
    if math.isnan(probability):
        return labels.MISSING
    if probability < 0.01:
        return labels.text("chance.below", lang)
    if probability > 0.99:
        return labels.text("chance.above", lang)
    return labels.percent(probability, 0, lang)


def phrase(probability: float, lang: str) -> str:
    """Say a probability in the words of the phrase table, the percentage right behind them.

    Raises ValueError if the probability is missing: there is no phrase for that.
    """
    if math.isnan(probability):
        raise ValueError("no phrase for a missing probability")
    percent_text = int(labels.percent(probability, 0, "en").rstrip("%"))  # the phrase follows what is printed
    percent = percent_text if 0.01 <= probability <= 0.99 else 100 * probability
    key = next(key for upper, key in BANDS if percent < upper)
    return f"{labels.text(key, lang)}{SPACE}({chance(probability, lang)})"


def gain(value: float, lang: str) -> str:
    """Write points of a criterion, or that a decision brings: two decimals, as some have half a point."""
    return labels.number(value, 2, lang)


def join_words(parts: Sequence[str], lang: str) -> str:
    """Join words as a sentence does: "D3, D4 và D8"."""
    if len(parts) < 2:
        return "".join(parts)
    return labels.text("list.and", lang, first=", ".join(parts[:-1]), last=parts[-1])


def doubtful(status: object) -> bool:
    """Tell whether a maximum must be marked: not if it was read, nor if the whole page says it is made up."""
    return status not in ("read", "made_up")


def starred_maximum(record: pd.Series[Any], lang: str) -> str:
    """Write a component's maximum, with a star if it was not read; for pictures, where there is no room."""
    return labels.plain(float(record["max_score"]), lang) + ("*" if doubtful(record["max_status"]) else "")


def star_note(statuses: Iterable[object], lang: str) -> tuple[str, ...]:
    """Say what the star means, where there is one."""
    return (labels.text("max_status.star", lang),) if any(map(doubtful, statuses)) else ()


def scale_note(index_code: str) -> tuple[Phrase, ...]:
    """Say that an index is published on another scale than its points here, where it is."""
    index = INDEXES[index_code]
    if math.isnan(index.printed_maximum):
        return ()
    facts = {"index": Phrase(f"short_index.{index_code}"), "maximum": f"{index.printed_maximum:g}"}
    return (Phrase("domains.scale", facts | {"points": f"{index.maximum:g}"}),)


def maximum_note(record: pd.Series[Any], lang: str) -> tuple[str, ...]:
    """Say that a component's own maximum was not read; nothing if it was."""
    if not doubtful(record["max_status"]):
        return ()
    top = labels.plain(float(record["max_score"]), lang)
    return (labels.text("domain.maximum_assumed", lang, maximum=top),)


class Shades:
    """Classes of equal width between the lowest and the highest forecast, 1 the lowest.

    None is narrower than the last digit that is shown, so there may be fewer than `SHADES`.
    """

    def __init__(self, medians: pd.Series[float]) -> None:
        self.low, self.high = float(medians.min()), float(medians.max())
        self.width = max((self.high - self.low) / SHADES, 0.1)

    def of(self, value: float) -> int:
        """Give the class of a value."""
        return min(SHADES, 1 + int((value - self.low) / self.width))

    def legend(self, lang: str) -> list[tuple[int, str]]:
        """Give the classes with their ranges."""
        ends = [self.low + k * self.width for k in range(self.of(self.high) + 1)]
        spans = (span(low, high, lang) for low, high in pairwise(ends))
        return list(enumerate(spans, start=1))
