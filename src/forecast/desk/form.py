"""A form in a notebook that adds one figure: its fields, a look at it, and a button that writes it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from forecast.base import labels
from forecast.base.errors import ForecastError, SpecError
from forecast.base.spec import refuse_unknown
from forecast.intake.additions.append import append
from forecast.intake.additions.one_row import KINDS
from forecast.intake.additions.proposal import Proposal, preview

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "score": (
        *("index_code", "year", "area", "component", "score", "rank", "unit"),
        *("published_on", "source_url", "trust", "note"),
    ),
    "indicator": (
        *("indicator_code", "area", "period", "value", "published_on", "source_url", "trust", "note"),
    ),
    "announcement": ("index_code", "year", "announced_on", "source_url"),
    "event": ("index_code", "year", "kind", "what", "known_on", "note"),
}


@dataclass(slots=True)
class Entry:
    """What a form does, without its widgets: look first, then write what was looked at."""

    data_dir: Path
    kind: str
    lang: str = "vi"
    seen: Proposal | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            refuse_unknown("kind", self.kind, tuple(KINDS))

    def look(self, cells: Mapping[str, str]) -> str:
        """Propose a row; say what it is, or all that is wrong with it."""
        self.seen = None
        try:
            self.seen = KINDS[self.kind](self.data_dir, **cells)
        except ForecastError as error:
            return error.text(self.lang)
        doubts = [doubt.text(self.lang) for doubt in self.seen.doubts]
        return "\n".join([preview(self.seen, self.lang), *doubts])

    def write(self, *, insist: bool = False, who: str = "") -> str:
        """Append what was looked at; say its id, or why not."""
        try:
            if self.seen is None:
                raise SpecError("additions.look_first")
            if self.seen.doubts and not insist:
                doubts = [doubt.text(self.lang) for doubt in self.seen.doubts]
                return "\n".join([*doubts, labels.text("additions.tick", self.lang)])
            entry = append(self.seen, insist=insist, who=who)
        except ForecastError as error:
            return error.text(self.lang)
        file, self.seen = self.seen.table.file, None
        return labels.text("additions.appended", self.lang, count=1, file=file, id=entry.entry_id)


def form(data_dir: Path, kind: str = "score", *, lang: str = "vi", who: str = "", **begun: str) -> Any:
    """Make a form for a notebook; show it as a cell's last value.

    Parameters
    ----------
    data_dir
        Folder of the tables.
    kind
        score, indicator, announcement or event.
    lang, who
        Language of the words; name for the journal.
    **begun
        What stands in the fields at first, by their names in the table; a name that the kind has no field
        for is passed over.

    Returns
    -------
    ipywidgets.VBox
        Its `children` are the fields, a box to insist, two buttons and what they say.
    """
    widgets = importlib.import_module("ipywidgets")  # only where a form is shown
    entry = Entry(Path(data_dir), kind, lang)
    fields = {
        name: widgets.Text(
            value=begun.get(name, ""),
            description=labels.text(f"additions.field.{name}", lang),
            style={"description_width": "14em"},
            layout={"width": "36em"},
        )
        for name in FIELDS[kind]
    }
    insist = widgets.Checkbox(description=labels.text("additions.field.insist", lang), indent=False)
    look, write = (
        widgets.Button(description=labels.text(f"additions.field.{name}", lang)) for name in ("look", "write")
    )
    told = widgets.HTML()

    def say(text: str) -> None:
        told.value = f"<pre>{text.replace('&', '&amp;').replace('<', '&lt;')}</pre>"

    def on_look(_: Any) -> None:
        say(entry.look({name: box.value for name, box in fields.items() if box.value.strip()}))

    def on_write(_: Any) -> None:
        say(entry.write(insist=insist.value, who=who))

    look.on_click(on_look)
    write.on_click(on_write)
    return widgets.VBox([*fields.values(), insist, widgets.HBox([look, write]), told])
