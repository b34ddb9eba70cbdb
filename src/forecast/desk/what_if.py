"""Compute a scenario of the user on the forecast's own draws, as those of the file are computed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from forecast.answer import findings
from forecast.answer.result import Result
from forecast.answer.scorecard.scenarios import Baseline, Outcome, outcome_of, outcome_table
from forecast.base import labels
from forecast.base.errors import DataError, SpecError
from forecast.base.spec import refuse_unknown
from forecast.data import scenarios
from forecast.data.load import indicators
from forecast.data.scenarios import BASE, Scenario
from forecast.desk.scenario_file import add_scenario
from forecast.desk.steps import Steps
from forecast.desk.views import View, with_note
from forecast.model.simulate import ranks
from forecast.pages import plot, reading, report
from forecast.pages.markup import Displayable, Passage, Table
from forecast.pages.plot.standing import rank_change
from forecast.pages.tables import columns as c
from forecast.pages.tables.spec import TableSpec, draw_table

Changes = Mapping[str, Any]

OWN_ID: Final = "what_if"
WORDS: Final = ("remedies", "everywhere", "combine")
LEAST: Final = 0.005  # points: less than is shown


@dataclass(frozen=True, slots=True, repr=False, eq=False, kw_only=True)
class WhatIf(View):
    """A scenario of the user; `frame` has one row a component: before, after, difference (means)."""

    scenario: Scenario
    result: Result
    data_dir: Path
    lang: str

    @property
    def figure(self) -> Displayable:
        """The scenario beside "continue as now", drawn."""
        return plot.scenarios(self.result, lang=self.lang)

    def keep(self, name: str, *, name_en: str = "") -> View:
        """Add it to ``scenarios.toml``, where every report takes it up.

        `name`: its Vietnamese name, for readers; no scenario may have it yet; `name_en`: its English name;
        the Vietnamese one if left out. Raises SpecError if the name is empty or taken, or the scenario
        changes nothing.
        """
        added = add_scenario(self.data_dir, replace(self.scenario, name_vi=name, name_en=name_en))
        facts = {"name": added.name_vi, "scenario": added.scenario_id, "file": scenarios.FILE}
        return View((Passage((labels.text("desk.keep.done", self.lang, **facts),)),))


def what_if(steps: Steps, changes: Changes, data_dir: Path, lang: str) -> WhatIf:
    """Compute one scenario beside "continue as now"."""
    baseline = baseline_of(steps)
    known, result = steps.known(), steps.main_result()
    scenario = scenario_of(baseline, changes, known.scenarios, lang)
    if wrong := indicators.wrong_values([scenario], known.indicator_rows, known.indicator_types):
        raise DataError(wrong)
    base = next((own for own in known.scenarios if own.scenario_id == BASE), _base(lang))
    outcome = outcome_of(baseline, scenario, (*known.scenarios, scenario))
    pairs = [(base, outcome_of(baseline, base, ())), (scenario, outcome)]
    outcomes, chances = outcome_table(baseline, pairs, findings.aims(known, steps.spec))
    with_scenario = replace(result, scenarios=outcomes, scenario_targets=chances)
    frame = _component_changes(baseline, outcome)
    parts: list[Displayable] = [report.scenario_table(with_scenario, lang=lang)]
    if not outcome.reason:
        before, after = (ranks(totals, baseline.place) for totals in (baseline.totals, outcome.totals))
        parts.append(rank_change(before, after, baseline.totals.shape[1], lang=lang))
    if len(frame) and (frame["difference"].abs() >= LEAST).any():
        parts.append(_moved_table(frame, result, lang))
    return WhatIf(
        with_note(result, lang, *parts),
        frame,
        scenario=scenario,
        result=with_scenario,
        data_dir=data_dir,
        lang=lang,
    )


def baseline_of(steps: Steps) -> Baseline:
    """Give what scenarios start from; raises SpecError if the index has no parts, and so no scenarios."""
    baseline = steps.outlook().baseline
    if baseline is None:
        raise SpecError("desk.no_scenarios", {"index_code": steps.spec.index_code})
    return baseline


def scenario_of(baseline: Baseline, changes: Changes, known: tuple[Scenario, ...], lang: str) -> Scenario:
    """Turn changes by code into a scenario, judged as one of the file is.

    Raises SpecError if a code is neither an indicator, a component nor a word of scenarios, or its value does
    not fit.
    """
    if not isinstance(changes, Mapping):
        raise SpecError("desk.not_changes", {"found": repr(changes)})
    tree = baseline.leaves.tree
    indicators = indicators_of(baseline)
    fields: dict[str, Any] = {"name_vi": labels.text("desk.tried", lang), "indicators": {}, "points": {}}
    others = tuple(other.scenario_id for other in known)
    for code, value in changes.items():
        if code in WORDS:
            fields |= _check_word(code, value, others)
        elif code in indicators:
            fields["indicators"][code] = _number(code, value)
        elif code in tree.names:
            fields["points"][code] = _number(code, value)
        else:
            refuse_unknown("what_if", code, [*indicators, *tree.names, *WORDS])
    scenario, problems = scenarios.check_fields(OWN_ID, fields, others)
    if scenario is None:
        raise DataError(problems)
    return scenario


def _check_word(word: str, value: Any, others: tuple[str, ...]) -> dict[str, Any]:
    """Check the value of a word of scenarios, as a field; none where it changes nothing."""
    if word == "remedies":
        if value and value not in scenarios.REMEDIES:
            refuse_unknown(word, value, scenarios.REMEDIES)
        return {word: value} if value else {}
    if word == "everywhere":
        if not isinstance(value, bool):
            raise SpecError("spec.not_a_flag", {"name": word, "found": repr(value)})
        return {word: value}
    names = [value] if isinstance(value, str) else list(value)
    for name in names:
        if name not in others:
            refuse_unknown(word, name, others)
    return {word: names} if names else {}


def _number(code: str, value: Any) -> float:
    fits = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not fits or not math.isfinite(value):
        raise SpecError("desk.not_a_number", {"code": code, "found": repr(value)})
    return float(value)


def indicators_of(baseline: Baseline) -> tuple[str, ...]:
    """Codes of indicators that a scenario may name: of rules, of effects, then those that move nothing."""
    pairs = zip(baseline.leaves.tree.leaf_rows, baseline.leaves.scored, strict=True)
    ruled = {str(row["indicator"]) for row, rule in pairs if row["indicator"] and rule}
    return tuple(
        sorted(
            ruled | set(baseline.elasticities),
            key=lambda code: (bool(baseline.no_effect_reason(code)), code not in ruled, code),
        )
    )


def _component_changes(baseline: Baseline, outcome: Outcome) -> pd.DataFrame:
    """Give what each component earns before and after, on average: component, before, after, difference."""
    tree = baseline.leaves.tree
    before, after = (tree.roll_up(leaves.points).mean(axis=0) for leaves in (baseline.leaves, outcome))
    frame = pd.DataFrame({"component": tree.names, "before": before, "after": after})
    return frame.assign(difference=np.asarray(after - before)).round(4)


def _base(lang: str) -> Scenario:
    return Scenario(scenario_id=BASE, name_vi=labels.text("desk.base", lang))


def _moved_table(frame: pd.DataFrame, result: Result, lang: str) -> Table:
    fields = (
        c.words("component", "word.component", lambda r: reading.name_of(result, str(r["component"]), lang)),
        *(c.figure(name, f"desk.moved.{name}", "points") for name in ("before", "after")),
        c.figure("difference", "desk.moved.difference", "change"),
    )
    shown, notes = frame[frame["difference"].abs() >= LEAST], ("desk.moved.note",)
    spec = TableSpec(lang, "desk.moved.caption", shown, fields, notes=notes)
    return draw_table(replace(spec, strong=lambda r: r["component"] == reading.TOTAL))
