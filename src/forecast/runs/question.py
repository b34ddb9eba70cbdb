"""Settle the parameters of a notebook that make its question, before a kernel is started.

A place in any spelling, a component in any case, and a year and day that can be answered; what a kernel would
find wrong after seconds is refused at once.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from forecast.answer import pipeline
from forecast.answer.result import read_spec
from forecast.base.errors import SpecError
from forecast.base.indexes import MAIN
from forecast.base.labels import Phrase
from forecast.base.spec import RunSpec, refuse_unknown, today
from forecast.data import load
from forecast.data.load import Known
from forecast.data.tables import COMPONENTS, DOMAINS
from forecast.runs.parameters import Value

NAMES: Final = ("index_code", "area", "target_year", "as_of", "component")
OF_RUN: Final = NAMES[:4]  # what a run's own result says


def settled(name: str, defaults: Mapping[str, Value], given: Mapping[str, Value]) -> dict[str, Value]:
    """Give the values with areas and components as the tables write them.

    `name`: the notebook's file name, for messages; `given`: values that are not the defaults.  Nothing is
    read where nothing is asked.  Raises SpecError with everything that the tables, or the run that is shown,
    contradict; DataError if the tables are not sound.
    """
    values = {**defaults, **given}
    if isinstance(values.get("run_dir"), str) and values["run_dir"]:
        _refuse(name, _contradicted(Path(str(values["run_dir"])), given))
        return dict(given)
    if not any(given.get(each) for each in NAMES) or not isinstance(values.get("data_dir"), str):
        return dict(given)  # a notebook without tables may mean what it likes
    folder = Path(str(values["data_dir"])) if values["data_dir"] else pipeline.project_data()
    index_code, written = str(values.get("index_code") or MAIN), str(values.get("as_of", ""))
    dated = written[:1].isdigit()  # else today, or the day of the latest report
    day = dt.date.fromisoformat(written) if dated else today()
    known = load.read_vintages(folder).known_at(day).of(index_code)
    steps: dict[str, Callable[[], Value]] = {
        "area": lambda: known.find_province(str(values["area"])),
        "component": lambda: _component(
            str(values["component"]), index_code, known, page="run_dir" in defaults
        ),
    }
    result, wrong = dict(given), []
    for target, step in steps.items():
        if given.get(target):
            try:
                result[target] = step()
            except SpecError as error:
                wrong.append(Phrase(error.key, error.facts))
    year, area = values.get("target_year"), result.get("area", values.get("area"))
    if not wrong and dated and year and isinstance(year, int) and isinstance(area, str):
        try:
            known.for_year(year).refuse(
                RunSpec(index_code=index_code, area=area, target_year=year, as_of=day)
            )
        except SpecError as error:
            wrong.append(Phrase(error.key, error.facts))
    _refuse(name, wrong)
    return result


def _contradicted(folder: Path, given: Mapping[str, Value]) -> list[Phrase]:
    """Name what was given beside a run, and is another thing in it."""
    try:
        own = read_spec(folder).as_dict()
    except (OSError, ValueError, KeyError, TypeError, SpecError):
        return [Phrase("notebook.no_run", {"folder": str(folder)})]
    return [
        Phrase("notebook.of_run", {"name": each, "given": str(given[each]), "own": str(own[each])})
        for each in OF_RUN
        if each in given and str(given[each]) != str(own[each])
    ]


def _component(written: str, index_code: str, known: Known, *, page: bool) -> str:
    """Find a component in any case: of a page, a domain; else any that the tables have."""
    allowed = [*DOMAINS] if index_code == MAIN else [*COMPONENTS[index_code]]
    if not page:
        allowed += [*COMPONENTS[index_code], *known.frameworks["component"]]
    codes = {code.casefold(): code for code in reversed(allowed)}
    return codes.get(written.strip().casefold()) or refuse_unknown(
        "component", written, [*dict.fromkeys(allowed)]
    )


def _refuse(name: str, problems: list[Phrase]) -> None:
    if problems:
        raise SpecError("run.parameters_refused", {"notebook": name, "problems": tuple(problems)})
