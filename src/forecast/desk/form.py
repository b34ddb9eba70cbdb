"""A form in a notebook that adds one figure: look at it, write it, take it back."""

import datetime as dt
import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from forecast.answer.pipeline import project_data
from forecast.base import labels
from forecast.base.errors import ForecastError, SpecError
from forecast.base.indexes import INDEXES, MAIN
from forecast.base.spec import refuse_unknown
from forecast.data.load import Vintages, read_vintages
from forecast.data.tables import (
    ANNOUNCEMENTS,
    EVENTS,
    EVERY_CODE,
    INDICATOR_TYPES,
    INDICATORS,
    SCORES,
    Column,
    Table,
)
from forecast.intake.additions.append import append, removal, undo, undo_command
from forecast.intake.additions.one_row import KINDS
from forecast.intake.additions.proposal import Proposal, preview
from forecast.pages import reading

FIELDS: Final[Mapping[str, tuple[Table, tuple[str, ...]]]] = {
    "score": (
        SCORES,
        (
            *("index_code", "year", "area", "component", "score", "rank", "unit"),
            *("published_on", "source_url", "trust", "note"),
        ),
    ),
    "indicator": (
        INDICATORS,
        ("indicator_code", "area", "period", "value", "published_on", "source_url", "trust", "note"),
    ),
    "announcement": (ANNOUNCEMENTS, ("index_code", "year", "announced_on", "source_url")),
    "event": (EVENTS, ("index_code", "year", "kind", "what", "known_on", "note")),
}
_EXAMPLES: Final = frozenset({"year", "score", "rank", "period", "value", "source_url", "what"})
_LOOKS: Final = {"style": {"description_width": "14em"}, "layout": {"width": "36em"}}


@dataclass(slots=True)
class Entry:
    """What a form does, without its widgets: propose a row, then write the proposal."""

    data_dir: Path
    kind: str
    lang: str = "vi"
    proposal: Proposal | None = field(default=None, init=False)
    entry_id: str = field(default="", init=False)  # id of what was added last

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            refuse_unknown("kind", self.kind, tuple(KINDS))

    def look(self, cells: Mapping[str, str]) -> str:
        """Propose a row; say what it is, or all that is wrong with it."""
        self.proposal = None
        try:
            self.proposal = KINDS[self.kind](self.data_dir, **cells)
        except ForecastError as error:
            return error.text(self.lang)
        doubts = [doubt.text(self.lang) for doubt in self.proposal.questions]
        return "\n".join([preview(self.proposal, self.lang), *doubts])

    def write(self, *, insist: bool = False, who: str = "") -> str:
        """Append what was looked at; say its id, or why not."""
        try:
            if self.proposal is None:
                raise SpecError("additions.look_first")
            if self.proposal.doubts and not insist:
                doubts = [doubt.text(self.lang) for doubt in self.proposal.questions]
                return "\n".join([*doubts, labels.text("additions.tick", self.lang)])
            entry = append(self.proposal, insist=insist, who=who)
        except ForecastError as error:
            return error.text(self.lang)
        file, self.proposal, self.entry_id = self.proposal.table.file, None, entry.entry_id
        facts = {"count": 1, "file": file, "id": entry.entry_id}
        command = undo_command(entry.entry_id, self.data_dir, project_data())
        return labels.text("additions.appended", self.lang, **facts, command=command)

    def undo(self, *, who: str = "") -> str:
        """Take back what this form added last; say so, or why not."""
        try:
            if not self.entry_id:
                raise SpecError("additions.nothing_to_undo")
            addition = removal(self.data_dir, self.entry_id)
            undo(addition, who=who)
        except ForecastError as error:
            return error.text(self.lang)
        facts = {"file": self.data_dir / addition.entry.file, "id": self.entry_id}
        self.entry_id = ""
        return labels.text("additions.removed", self.lang, count=len(addition.numbers), **facts)


def form(data_dir: Path, kind: str = "score", *, lang: str = "vi", who: str = "", **first_values: str) -> Any:
    """Make a form of a kind (score, indicator, announcement, event) for a notebook, as a cell's last value.

    `first_values` fill the fields, by their names in the table; names without a field are ignored.  The
    `children` of the box are the fields, a box to insist, the buttons and what they say; `who` goes into the
    journal.
    """
    widgets = importlib.import_module("ipywidgets")  # only where a form is shown
    entry = Entry(Path(data_dir), kind, lang)
    table, names = FIELDS[kind]
    now = read_vintages(entry.data_dir)
    fields = {name: _field(table.column(name), now, first_values, lang) for name in names}
    if "component" in fields:
        fields["index_code"].observe(
            lambda change: _relist(fields["component"], _components(change["new"], lang)), "value"
        )
    insist = widgets.Checkbox(description=labels.text("additions.field.insist", lang), indent=False)
    look, write, back = (
        widgets.Button(description=labels.text(f"additions.field.{name}", lang))
        for name in ("look", "write", "undo")
    )
    answer = widgets.HTML()

    def say(text: str) -> None:
        answer.value = f"<pre>{text.replace('&', '&amp;').replace('<', '&lt;')}</pre>"

    look.on_click(lambda _: say(entry.look(_cells(fields))))
    write.on_click(lambda _: say(entry.write(insist=insist.value, who=who)))
    back.on_click(lambda _: say(entry.undo(who=who)))
    return widgets.VBox([*fields.values(), insist, widgets.HBox([look, write, back]), answer])


def _cells(fields: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the fields, as text; those left empty are left out."""
    values = {name: box.value for name, box in fields.items() if box.value}
    texts = {
        name: value.isoformat() if isinstance(value, dt.date) else str(value).strip()
        for name, value in values.items()
    }
    return {name: text for name, text in texts.items() if text}


def _field(column: Column, now: Vintages, first_values: Mapping[str, str], lang: str) -> Any:
    """Make the field of a column: a list of the allowed values, a calendar for a day, else a text field."""
    widgets, name = importlib.import_module("ipywidgets"), column.name
    first, choices = first_values.get(name, ""), _choices(column, now, first_values, lang)
    looks = {"description": labels.text(f"additions.field.{name}", lang), **_LOOKS}
    if name == "area":  # any spelling may be typed, as at every door
        areas = tuple(now.frames["areas"]["area"])
        return widgets.Combobox(value=first, options=areas, placeholder="Sài Gòn", **looks)
    if choices:
        box = widgets.Dropdown(options=choices, **looks)
        box.value = first if first in {code for _, code in choices} else choices[0][1]
        return box
    if column.kind == "day":
        return widgets.DatePicker(value=dt.date.fromisoformat(first) if first else None, **looks)
    example = labels.text(f"additions.example.{name}", lang) if name in _EXAMPLES else ""
    return widgets.Text(value=first, placeholder=example, **looks)


def _choices(
    column: Column, now: Vintages, first_values: Mapping[str, str], lang: str
) -> list[tuple[str, str]]:
    """Values that a column may hold, by how they are read; nothing where any may be."""
    if column.name == "component":
        return _components(first_values.get("index_code", MAIN), lang)
    if column.name == "indicator_code":
        types = now.frames[INDICATOR_TYPES.name]
        names = dict(zip(types["indicator_code"], types[f"name_{lang}"] if len(types) else [], strict=True))
        codes = sorted({*names, *now.frames[INDICATORS.name]["indicator_code"]})
        return [("", ""), *((f"{names.get(code) or code} ({code})", code) for code in codes)]
    family = {"index_code": "short_index", "trust": "trust", "unit": "form_unit", "kind": "event_kind"}
    if column.name not in family:
        return []
    every = EVERY_CODE if column.name == "index_code" else column.choices
    first = [(labels.text("additions.field.as_usual", lang), "")] if column.name in ("unit", "trust") else []
    return [*first, *((reading.code_name(family[column.name], code, lang), code) for code in every)]


def _components(index_code: str, lang: str) -> list[tuple[str, str]]:
    own = INDEXES[index_code]
    codes: Iterable[str] = dict.fromkeys((*own.components, *own.parts))
    return [(reading.short_name(code, lang), code) for code in codes]


def _relist(box: Any, choices: list[tuple[str, str]]) -> None:
    before = box.value
    box.options = choices
    box.value = before if before in {code for _, code in choices} else choices[0][1]
