"""The workbench object: one forecast question, and a method for each view of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar, overload

from forecast.base import labels
from forecast.base.errors import ForecastError
from forecast.base.spec import RunSpec
from forecast.data.check import overdue
from forecast.desk import explanation, reports, result_views, topics, what_if
from forecast.desk.refusals import refusal
from forecast.desk.steps import Steps
from forecast.desk.topics import Topic
from forecast.desk.views import Forecast, View
from forecast.pages import reading
from forecast.pages.markup import Passage

if TYPE_CHECKING:
    from forecast.desk.board import Board
    from forecast.desk.what_if import WhatIf

V = TypeVar("V", bound=View)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Workbench:
    """One question on one folder of tables, as `forecast.open` makes it.

    Every method reads the tables as they are now, and computes only what no one has asked before: a figure
    that was added is in the next answer.

    Attributes
    ----------
    spec : RunSpec
        What is forecast, for whom, and what is known at the time.
    data_dir : Path
        Folder of the tables.
    lang : str
        Language of what is shown.

    Examples
    --------
    The tables of these examples are small, and EVERY FIGURE IN THEM IS MADE UP.

    >>> bench = forecast.open(data_dir=small, as_of="2024-10-20", lang="en")
    >>> bench.forecast().frame[["component", "lower", "median", "upper"]].head(1).round(0)
      component  lower  median  upper
    0     total   82.0    84.0   86.0
    >>> bench.forecats()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    AttributeError: there is no “forecats” here; did you mean “forecast”? ...
    """

    spec: RunSpec
    data_dir: Path
    lang: str = "vi"

    def known(self, topic: Topic = "overview", component: str = "") -> View:
        """Show what is known on the day.

        Parameters
        ----------
        topic
            overview (counts, and which cells of the area are known), gaps (province by year, how much of
            each is known), conflicts (sources that disagree), vintages (when each year became known),
            indicators (this year's figures, and the scores of the years beside theirs), provinces (who rose
            from where the area stands, and in what), survey (SIPAS).
        component
            A component for "gaps"; all together if left out.

        Raises
        ------
        SpecError
            If the topic or the component is unknown.

        Examples
        --------
        >>> bench = forecast.open(data_dir=small, as_of="2024-10-20", lang="en")
        >>> bench.known().frame.head(2)
                 name  count
        0  rows_known     99
        1  rows_later      0
        >>> bench.known("gap")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        forecast.base.errors.SpecError: there is no topic “gap”; did you mean “gaps”? ...
        """
        return self._view(topics.known, topic, component)

    def forecast(self, component: str = "total") -> Forecast:
        """Show the forecast, as the report does.

        Parameters
        ----------
        component
            The total with its domains, or one component in depth: D3, 3.1.

        Examples
        --------
        >>> bench = forecast.open(data_dir=small, as_of="2024-10-20", lang="en")
        >>> bench.forecast("D3").frame[["component", "last_median", "median"]].round(1)
          component  last_median  median
        0        D3         11.1    11.1
        """
        return self._view(result_views.forecast, component)

    def compare(self, models: Sequence[str] | None = None) -> View:
        """Lay models side by side, with how far each was off in the past.

        Parameters
        ----------
        models
            Names; all if left out.

        Examples
        --------
        >>> bench = forecast.open(data_dir=small, as_of="2024-10-20", lang="en")
        >>> view = bench.compare(["evidence", "last_value"])
        >>> view.frame.loc[view.frame["component"] == "total", ["model", "median"]].round(0)
                 model  median
        0     evidence    86.0
        11  last_value    85.0
        """
        return self._view(result_views.compare, None if models is None else tuple(models))

    def explain(self, component: str = "total") -> View:
        """Show how far each published figure moves a component's forecast; the moves add up.

        Examples
        --------
        >>> bench = forecast.open(data_dir=small, as_of="2024-10-20", lang="en")
        >>> way = bench.explain("D3").frame
        >>> prior, median = way["after"].iloc[0], way["after"].iloc[-1]
        >>> bool(abs(way["effect"].sum() - (median - prior)) < 1e-9)
        True
        >>> way["step"].iloc[[0, 1, -1]].tolist()
        ['prior', 'figure', 'median']
        """
        return self._view(explanation.explain, component)

    @overload
    def what_if(self, changes: None = None) -> Board: ...
    @overload
    def what_if(self, changes: what_if.Changes) -> WhatIf: ...
    def what_if(self, changes: what_if.Changes | None = None) -> WhatIf | Board:
        """Play a scenario on the forecast's own draws; without changes, give sliders to put one together.

        Parameters
        ----------
        changes
            By code: an indicator and its value at the end of the year; a component and the points added to
            it (less than 0: taken); ``remedies``: "overdue" or "open"; ``everywhere``: True if the points
            hold for every province; ``combine``: identifiers of scenarios of the file.

        Examples
        --------
        >>> bench = forecast.open(data_dir=small, as_of="2024-10-20", lang="en")
        >>> view = bench.what_if({"pub_inv_disb_rate": 95, "D3": 0.5})
        >>> view.frame.set_index("component")["difference"].loc[["total", "D3", "6.1"]].round(1).tolist()
        [2.7, 0.5, 2.2]
        """
        steps = self._now()
        if changes is None:
            from forecast.desk.board import Board

            return Board(steps, self.data_dir, self.lang)
        return what_if.what_if(steps, changes, self.data_dir, self.lang)

    def backtest(self) -> View:
        """Show how good earlier forecasts would have been, beside the other models.

        Examples
        --------
        >>> bench = forecast.open(data_dir=small, as_of="2024-10-20", lang="en")
        >>> bench.backtest().frame[["model", "cells"]].head(2)
                  model  cells
        0  damped_trend      6
        1      ensemble     12
        """
        return self._view(result_views.backtest)

    def report(self) -> View:
        """Make the whole report, as ``forecast report`` does, and say where it lies."""
        return reports.report(self.spec, self.data_dir, self.lang)

    def __getattr__(self, name: str) -> NoReturn:
        """Refuse a name that is not there, with the nearest that is."""
        if name.startswith("_"):  # asked for by Jupyter, copy and pickle; not by people
            raise AttributeError(name)
        raise AttributeError(refusal(name, NAMES, self.lang))

    def __repr__(self) -> str:
        return f"<Workbench: {self._title()}>"

    def _repr_html_(self) -> str:
        methods = ", ".join(f".{name}()" for name in NAMES)
        lines = (self._title(), *self._overdue(), labels.text("desk.methods", self.lang, methods=methods))
        return Passage(lines)._repr_html_()

    def _overdue(self) -> tuple[str, ...]:
        """Say which results were due by the day and are not in the tables, if these are sound."""
        try:
            late = overdue(self._now().known(), self.spec.index_code)
        except ForecastError:
            return ()
        return tuple(labels.text("check.overdue", self.lang, year=year, due=due) for year, due in late)

    def _title(self) -> str:
        return labels.text(
            "desk.opened",
            self.lang,
            index=labels.text(f"short_index.{self.spec.index_code}", self.lang),
            place=reading.place_name(self.spec.area, self.lang),
            year=self.spec.target_year,
            as_of=self.spec.as_of,
        )

    def _now(self) -> Steps:
        return Steps.now(self.spec, self.data_dir, self.lang)

    def _view(self, make: Callable[..., V], *arguments: object) -> V:
        """Make a view from the tables as they are now, or take it from the cache."""
        steps = self._now()
        key = (f"{make.__module__}.{make.__name__}", *map(repr, arguments), self.lang)
        return steps.remembered("view", lambda: make(steps, *arguments, self.lang), *key)


NAMES = tuple(
    name for name in vars(Workbench) if not name.startswith("_") and name not in Workbench.__slots__
)
