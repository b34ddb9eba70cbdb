"""Declare columns of tables by what they hold, and those that several tables share."""

from typing import Any, Final

from forecast.answer.result import Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.tables.spec import Ends, Field, Kind, Record, Take, Text, say

Names = tuple[str, str]  # columns of both ends of a range
POINTS: Final = 2  # decimals of a criterion's points: a sub-criterion has half a point


def column(take: str | Take) -> Take:
    """Take the value of a column by its name."""
    return take if callable(take) else lambda record: record[take]


def ends_of(level: int, names: Names) -> Ends:
    """Take the range of a level by the names of its columns."""
    return Ends(level, column(names[0]), column(names[1]))


def words(name: str, heading: Text, take: str | Take = "", **more: Any) -> Field:
    """Declare a column of words; `take` names the column of Result, if its name is another, or makes it."""
    return Field(name, heading, "words", column(take or name), **more)


def days(name: str, heading: Text, take: str | Take = "", **more: Any) -> Field:
    """Declare a column of days."""
    return Field(name, heading, "day", column(take or name), **more)


def figure(
    name: str, heading: Text, kind: Kind, take: str | Take = "", *, ends: Names | None = None, **more: Any
) -> Field:
    """Declare a column of figures; `ends` names the columns of its range of 80 percent."""
    if ends:
        more["ranges"] = (ends_of(80, ends),)
    return Field(name, heading, kind, column(take or name), **more)


def span(name: str, heading: Text, ends: Names | Take, lang: str, *, decimals: int | Take = 1) -> Field:
    """Declare a column of ranges, which the workbook has as the ends of a figure."""

    def write(record: Record) -> str:
        low, high = ends(record) if callable(ends) else (record[ends[0]], record[ends[1]])
        places = decimals(record) if callable(decimals) else decimals
        return reading.span(float(low), float(high), lang, decimals=places)

    return Field(name, heading, "words", write, numeric=True, in_sheet=False)


def range_below(ends: Names, lang: str, *, decimals: int = 2) -> Take:
    """Give the mark that puts a range below a figure; none where there is no range, or one without width."""

    def mark(record: Record) -> str:
        low, high = record[ends[0]], record[ends[1]]
        text = reading.span(low, high, lang, decimals=decimals)
        return "" if text == labels.MISSING or low == high else text

    return mark


def code(name: str, heading: Text, family: str, lang: str, take: Any = None, **more: Any) -> Field:
    """Name a code by the catalogue's keys of a family."""
    at = name if take is None else take
    return words(name, heading, lambda r: reading.code_name(family, str(r[at]), lang), **more)


def component(heading: Text, lang: str, **more: Any) -> Field:
    """Name the total, a domain or a part of one."""
    return code("component", heading, "component", lang, **more)


def department(name: str, heading: Text, lang: str, **more: Any) -> Field:
    """Name who is in charge."""
    return words(name, heading, lambda r: reading.department(str(r[name] or ""), lang), **more)


def sentence(name: str, heading: Text, lang: str, take: str = "") -> Field:
    """Write a sentence that a table carries in no language."""
    return words(name, heading, lambda r: reading.sentence(r[take or name], lang))


def own_words(name: str, heading: Text, **more: Any) -> Field:
    """Write what people wrote."""
    return words(name, heading, lambda r: reading.own_words(r[name]), **more)


def whole(name: str, heading: Text) -> Field:
    """Name a row by a whole number, such as its year."""
    return words(name, heading, lambda r: str(int(r[name])))


def yes_or_no(name: str, heading: Text, lang: str) -> Field:
    """Say whether something holds."""
    return words(name, heading, lambda r: labels.text("word.yes" if r[name] else "handout.no", lang))


def maximum(heading: Text, lang: str) -> tuple[Field, Field, Field]:
    """Give a component's maximum, the same with a star where it was not read, and where it is from."""

    def mark(record: Record) -> str:
        status = str(record["max_status"])
        return labels.text(f"mark.{status}", lang) if reading.doubtful(status) else ""

    field = figure("maximum", heading, "plain", "max_score", mark=mark)
    star = words("starred_maximum", heading, lambda r: reading.starred_maximum(r, lang))
    return field, on_page_alone(star), code("max_status", "max_status", "max_status", lang)


def on_page_alone(field: Field) -> Field:
    """Leave a column of figures written as words out of the workbook, which has the figures."""
    return Field(field.name, field.heading, "words", field.take, numeric=True, in_sheet=False)


def unit_and_period(lang: str) -> tuple[Field, Field]:
    """Give the unit of an indicator, and the period that its figure is of."""
    period = words("period", "period", lambda r: reading.period(str(r["period"]), lang))
    unit = words("unit", "unit_of", lambda r: reading.indicator_unit(str(r["unit"]), lang))
    return unit, period


def rests_on(responsible: str, basis: str, lang: str) -> str:
    """Say who is in charge and what a forecast is based on, where that is given."""
    if not responsible:
        return labels.text("detail.basis", lang, basis=basis) if basis else ""
    names = reading.department(responsible, lang)
    if not basis:
        return labels.text("domain.charge", lang, department=names)
    return labels.text("detail.charge_basis", lang, department=names, basis=basis)


def head(name: str, **facts: Any) -> Text:
    """Name a heading of the workbook that has facts."""
    return say(f"handout.head.{name}", **facts)


def last_year_of(result: Result) -> int:
    """Give the year before the one that is forecast."""
    return int(reading.line(result, reading.TOTAL)["last_year"])


def facts_of(result: Result, lang: str) -> dict[str, Any]:
    """Give index, unit, place, year and day, for captions."""
    spec = result.spec
    return {
        "index": labels.text(f"short_index.{spec.index_code}", lang),
        "unit": reading.unit(spec.index_code, lang),
        "place": reading.place_name(spec.area, lang),
        "year": spec.target_year,
        "as_of": spec.as_of,
    }
