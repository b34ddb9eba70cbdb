"""The result of a workbench method: parts that a notebook displays, and the table behind them."""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pandas as pd

from forecast.answer.result import Result
from forecast.base import labels
from forecast.base.spec import refuse_unknown
from forecast.desk.steps import Steps
from forecast.pages import reading
from forecast.pages.markup import TEMPLATE_FOLDER, Displayable, Elements, Passage


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class View(Elements):
    """Parts that a notebook displays; `frame` is the table behind them, with decimal points.

    ``print(view)`` writes it as text, ``view.frame.to_excel(...)`` takes it along.
    """

    frame: pd.DataFrame = field(default_factory=pd.DataFrame)

    def _repr_html_(self) -> str:
        return f'<div class="desk">\n<style>\n{_style()}</style>\n{Elements._repr_html_(self)}\n</div>'


@dataclass(frozen=True, slots=True, repr=False, eq=False, kw_only=True)
class Forecast(View):
    """A forecast as a report shows it; `frame` is the summary, one row a component."""

    steps: Steps

    @property
    def result(self) -> Result:
        """Every table that a run would write; the record of earlier years takes a while the first time."""
        return self.steps.result()

    def write(self, folder: str | Path) -> None:
        """Write all tables of the result as a run does, `forecast.csv` among them."""
        self.result.write(Path(folder))


@cache
def _style() -> str:
    """Read the style sheet that JupyterLab lacks and a page has of its own."""
    return (TEMPLATE_FOLDER / "desk.css").read_text(encoding="utf-8")


def with_note(result: Result, lang: str, *parts: Displayable) -> tuple[Displayable, ...]:
    """Put a note that figures are made up before the parts, if they are."""
    if not reading.made_up(result):
        return parts
    return (Passage((labels.text("page.made_up", lang),), form="lead"), *parts)


def refuse_component(component: str, allowed: Collection[str]) -> None:
    """Refuse a component that the result does not have, and name the nearest that it has.

    Raises SpecError if the component is unknown.
    """
    if component not in allowed:
        refuse_unknown("component", component, list(allowed))
