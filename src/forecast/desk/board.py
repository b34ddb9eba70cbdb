"""Sliders for a scenario: indicators, remedies, the set of criteria; for JupyterLab, never for a report."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import ipywidgets as widgets
import numpy as np

from forecast.answer.indicators import name_of
from forecast.answer.scorecard.scenarios import Baseline
from forecast.base import labels
from forecast.base.errors import ForecastError
from forecast.data.framework import TOTAL
from forecast.data.scenarios import REMEDIES
from forecast.desk.steps import Steps
from forecast.desk.views import View
from forecast.desk.what_if import WhatIf, baseline_of, indicators_of, what_if
from forecast.pages import reading
from forecast.pages.markup import Passage

TICKS: Final = 50  # about as many places has a slider
WHOLE: Final = 5.0  # points up and down for the total, for a harder or easier set of criteria
PART: Final = 2.0  # and for a domain
NAME: Final = widgets.Layout(width="36em")
GROWTH: Final = "to_date"  # in percent it may be a growth, which has no whole
LINE: Final = widgets.Layout(width="28em")
SOME: Final = widgets.Layout(max_height="22em", overflow="auto")
ROW: Final = widgets.Layout(flex="0 0 auto")  # many are scrolled through, not squeezed into the height


class Board:
    """Sliders and switches for one scenario, with what it makes of the forecast below them.

    Attributes
    ----------
    switches, sliders : dict of code to widget
        Of indicators: a value counts where its switch is on; moving a slider turns it on.
    remedies, points, everywhere : widgets
        What remedies are done; points of the total and of domains; whether the points hold everywhere.
    name, keep, reset : widgets
        Name and button to keep the scenario; button to put all back.
    """

    def __init__(self, steps: Steps, data_dir: Path, lang: str) -> None:
        self._steps, self._data_dir, self._lang = steps, data_dir, lang
        baseline = baseline_of(steps)
        codes = indicators_of(baseline)
        known = steps.known().indicator_types
        shares = set(known.loc[(known["unit"] == "%") & (known["kind"] != GROWTH), "indicator_code"])
        self.sliders = {
            code: _indicator(baseline, code, 100.0 if code in shares else 0.0, lang)
            for code in codes
            if not baseline.no_effect_reason(code)
        }
        self._without_effect = self._names_by_reason(
            baseline, [code for code in codes if baseline.no_effect_reason(code)]
        )
        self._starts = {code: slider.value for code, slider in self.sliders.items()}
        self.switches = {code: self._check("desk.board.set") for code in self.sliders}
        self.remedies = self._remedies(baseline)
        domains = reading.domains(steps.main_result())["component"].tolist()
        self.points = {name: _points(WHOLE if name == TOTAL else PART, lang) for name in (TOTAL, *domains)}
        self.everywhere = self._check("desk.board.everywhere")
        self.name = widgets.Text(placeholder=self._text("desk.board.name"), layout=NAME)
        self.keep = widgets.Button(
            description=self._text("desk.board.keep"), icon="save", layout=widgets.Layout(width="auto")
        )
        self.reset = widgets.Button(
            description=self._text("desk.board.reset"), icon="undo", layout=widgets.Layout(width="auto")
        )
        self.answer, self.note = widgets.HTML(), widgets.HTML()
        self._resetting = False
        self._watch()
        self.box = widgets.VBox(self._rows(baseline))
        self._compute()

    @property
    def changes(self) -> dict[str, Any]:
        """What the sliders say, as `Workbench.what_if` takes it; nothing where they stand as they were."""
        changes: dict[str, Any] = {
            code: slider.value for code, slider in self.sliders.items() if self.switches[code].value
        }
        changes |= {name: slider.value for name, slider in self.points.items() if slider.value}
        if self.remedies.value:
            changes["remedies"] = self.remedies.value
        if self.everywhere.value and any(slider.value for slider in self.points.values()):
            changes["everywhere"] = True
        return changes

    def what_if(self) -> WhatIf:
        """Compute the scenario of the sliders, as `Workbench.what_if` does."""
        return what_if(self._steps, self.changes, self._data_dir, self._lang)

    def _repr_mimebundle_(self, **more: Any) -> Any:
        return self.box._repr_mimebundle_(**more)

    def __repr__(self) -> str:
        return f"<Board: {self.changes}>"

    def _watch(self) -> None:
        for code, slider in self.sliders.items():
            slider.observe(self._on_move(code), "value")
        controls = (*self.switches.values(), *self.points.values(), self.remedies, self.everywhere)
        for widget in controls:
            widget.observe(self._compute, "value")
        self.keep.on_click(self._keep)
        self.reset.on_click(self._reset)

    def _on_move(self, code: str) -> Any:
        def switch_on(_: object) -> None:
            if self._resetting:
                return
            if self.switches[code].value:
                self._compute()
            else:
                self.switches[code].value = True  # which computes

        return switch_on

    def _compute(self, _: object = None) -> None:
        if self._resetting:
            return
        try:
            self.answer.value = self.what_if()._repr_html_()
            self.note.value = ""
        except ForecastError as refusal:
            self._say(refusal.text(self._lang))

    def _keep(self, _: object) -> None:
        try:
            self._say(str(self.what_if().keep(self.name.value)))
        except ForecastError as refusal:
            self._say(refusal.text(self._lang))

    def _reset(self, _: object) -> None:
        self._resetting = True
        for switch in self.switches.values():
            switch.value = False
        for code, slider in self.sliders.items():
            slider.value = self._starts[code]
        for slider in self.points.values():
            slider.value = 0.0
        self.remedies.value = ""
        self._resetting = False
        self._compute()

    def _say(self, text: str) -> None:
        self.note.value = View((Passage(tuple(text.split("\n"))),))._repr_html_()

    def _text(self, key: str, **facts: Any) -> str:
        return labels.text(key, self._lang, **facts)

    def _check(self, key: str) -> Any:
        return widgets.Checkbox(
            value=False, description=self._text(key), indent=False, layout=widgets.Layout(width="auto")
        )

    def _remedies(self, baseline: Baseline) -> Any:
        names = [(self._text("desk.board.remedies.none"), "")]
        names += [(self._text(f"desk.board.remedies.{choice}"), choice) for choice in REMEDIES]
        return widgets.ToggleButtons(
            options=names, value="", disabled=baseline.remedies.empty, style={"button_width": "auto"}
        )

    def _rows(self, baseline: Baseline) -> list[Any]:
        lines = [
            widgets.HBox([_name_label(self._name_of(code)), self.switches[code], slider], layout=ROW)
            for code, slider in self.sliders.items()
        ]
        rows = [self._head("desk.board.indicators"), widgets.VBox(lines, layout=SOME)]
        if not self.sliders:
            rows.append(self._line("desk.board.no_indicators"))
        rows += [self._line("desk.board.unmoved", **facts) for facts in self._without_effect]
        rows += [self._head("desk.board.remedies_head"), self.remedies]
        if baseline.remedies.empty:
            rows.append(self._line("desk.board.no_remedies"))
        rows += [self._head("desk.board.points"), self.everywhere]
        for name, slider in self.points.items():
            text = (
                self._text("desk.board.criteria") if name == TOTAL else reading.short_name(name, self._lang)
            )
            rows.append(widgets.HBox([_name_label(text), slider]))
        return [*rows, widgets.HBox([self.name, self.keep, self.reset]), self.note, self.answer]

    def _name_of(self, code: str) -> str:
        """Name an indicator with its unit and where it stands, as the slider starts where it is to end."""
        known, current = self._steps.known(), self._steps.main_result().current
        for table in (known.indicator_types, known.indicators):
            units = table.loc[table["indicator_code"] == code, "unit"].tolist()
            if units:
                unit = reading.indicator_unit(units[0], self._lang)
                name = reading.own_words(name_of(known, code, self._lang))
                for row in current[current["code"] == code].to_dict("records"):
                    day = labels.day(row["last_day"], self._lang)
                    now = labels.number(row["value"], 1, self._lang)
                    return self._text("desk.board.stands", name=name, unit=unit, day=day, now=now)
                return f"{name} ({unit})"
        return code

    def _names_by_reason(self, baseline: Baseline, codes: list[str]) -> list[dict[str, str]]:
        """Name the indicators that move nothing, by the reason."""
        known, by_reason = self._steps.known(), dict[str, list[str]]()
        for code in codes:
            reason = reading.sentence(baseline.no_effect_reason(code), self._lang)
            by_reason.setdefault(reason, []).append(reading.own_words(name_of(known, code, self._lang)))
        return [{"names": "; ".join(names), "reason": reason} for reason, names in by_reason.items()]

    def _line(self, key: str, **facts: Any) -> Any:
        return widgets.HTML(View((Passage((self._text(key, **facts),)),))._repr_html_())

    def _head(self, key: str) -> Any:
        return widgets.HTML(f"<b>{self._text(key)}</b>")


def _points(most: float, lang: str) -> Any:
    return _slider(-most, most, 0.1, 0.0, lambda value: labels.signed(value, 1, lang))


def _indicator(baseline: Baseline, code: str, whole: float, lang: str) -> Any:
    """Make the slider of an indicator, where the forecast stands on it; it reaches the `whole` at least."""
    if not baseline.leaves_with_rule(code):
        return _of_elasticity(baseline.elasticities[code].expected, whole, lang)
    projection = baseline.leaves.projections.get(code)
    draws = projection.draws if projection is not None and len(projection.draws) else np.array([50.0])
    middle = float(np.median(draws))
    if projection is not None and projection.unit != "%":
        ends = [float(np.quantile(draws, 0.01)), float(np.quantile(draws, 0.99)), middle]
        reach = max(ends) - min(ends) or abs(middle) or 1.0
        low, high = min(ends) - reach / 2, max(ends) + reach / 2
    else:
        low, high = 0.0, 100.0
    if projection is not None and not np.isnan(projection.value) and projection.value <= low:
        low = float(projection.value)
    step = _step((high - low) / TICKS) if (low, high) != (0.0, 100.0) else 0.5
    return _slider(low, high, step, middle, lambda value: labels.number(value, _decimals(step), lang))


def _of_elasticity(expected: float, whole: float, lang: str) -> Any:
    """Make the slider of an indicator without a rule: from nothing to twice what is expected."""
    reach = abs(expected) or 1.0
    low, high = expected - reach, max(expected + reach, whole)
    step = _step((high - low) / TICKS)
    return _slider(low, high, step, expected, lambda value: labels.number(value, _decimals(step), lang))


def _slider(low: float, high: float, step: float, start: float, words: Callable[[float], str]) -> Any:
    """Make a slider over the multiples of `step`, from just below `low` to just above `high`.

    It is one of choices, whose words stand beside it while it is moved: a slider of numbers would write
    them with a decimal point in every language.
    """
    ticks = range(math.floor(round(low / step, 6)), math.ceil(round(high / step, 6)) + 1)
    places = _decimals(step)
    values = sorted({round(value, places) for value in (start, *(step * tick for tick in ticks))})
    return widgets.SelectionSlider(
        options=[(words(value), value) for value in values],
        value=min(values, key=lambda value: abs(value - start)),
        continuous_update=False,
        layout=LINE,
    )


def _decimals(step: float) -> int:
    return max(0, -math.floor(math.log10(step)))


def _name_label(text: str) -> Any:
    """Name a slider; what is too long for the line is read by pointing at it."""
    return widgets.Label(text, tooltip=text, layout=NAME)


def _step(rough: float) -> float:
    """Round a step to 1, 2 or 5 of its power of ten.

    >>> _step(0.7), _step(130.0)
    (1.0, 200.0)
    """
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1.0, 2.0, 5.0, 10.0) if power * factor >= rough)
