"""Settle the parameters of a notebook that make its question, before a kernel is started.

A place in any spelling, a component in any case, and a year and day that can be answered; what a kernel would
find wrong after seconds is refused at once.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from forecast.answer import pipeline
from forecast.answer.members import NAMES as MEMBERS
from forecast.answer.panel_forecast import MAIN_MODEL
from forecast.answer.result import read_spec
from forecast.base.errors import SpecError
from forecast.base.indexes import MAIN
from forecast.base.labels import Phrase
from forecast.base.spec import RunSpec, refuse_unknown, today
from forecast.data import load
from forecast.data.load import Known
from forecast.data.tables import COMPONENTS, DOMAINS
from forecast.intake.additions.one_row import KINDS
from forecast.runs.parameters import Value

OF_RUN: Final = ("index_code", "area", "target_year", "as_of")  # what a run's own result says
TEXTS: Final = ("index_code", "area", "component", "lang", "code", "kind")  # that mean nothing if empty


def settled(name: str, defaults: Mapping[str, Value], given: Mapping[str, Value]) -> dict[str, Value]:
    """Give the values with areas, components and other codes as the tables write them.

    `name`: the notebook's file name, for messages; `given`: values that are not the defaults.  Nothing is
    read where nothing is asked.  Raises SpecError with everything that the tables, or the run that is shown,
    contradict; DataError if the tables are not sound.
    """
    values = {**defaults, **given}
    page = "run_dir" in defaults  # of a report, whose day and year are always given
    texts = (*TEXTS, "as_of") if page else TEXTS
    empty = [each for each in texts if defaults.get(each) and not str(values[each]).strip()]
    _refuse(name, [Phrase("spec.empty", {"name": each}) for each in empty])
    own = _own(name, values)
    if not given.keys() - {"run_dir", "lang"} or not isinstance(values.get("data_dir"), str):
        return dict(given)  # a notebook without tables may mean what it likes
    index_code = str(own.index_code if own else values.get("index_code") or MAIN)
    folder = Path(str(values["data_dir"])) if values["data_dir"] else pipeline.project_data()
    written = str(values.get("as_of", ""))
    dated = written[:1].isdigit()  # else today, or the day of the latest report
    day = own.as_of if own else dt.date.fromisoformat(written) if dated else today()
    known = load.read_vintages(folder).known_at(day).of(index_code)
    steps: dict[str, Callable[[str], Value]] = {
        "area": known.find_province,
        "component": partial(_component, index_code=index_code, known=known, page=page),
        **dict(_listed(defaults, index_code, known)),
    }
    result, wrong = dict(given), []
    for target, step in steps.items():
        if given.get(target) or (target in defaults and values[target] and "index_code" in given):
            try:
                meant = step(str(values[target]))
                result |= {target: meant} if target in given else {}
            except SpecError as error:
                wrong.append(Phrase(error.key, error.facts))
    year, area = values.get("target_year"), result.get("area", values.get("area"))
    if own:
        wrong += _contradicted(own, result)
    elif (
        not wrong
        and (dated or not written)
        and (year or page)
        and isinstance(year, int)
        and isinstance(area, str)
    ):
        try:
            known.for_year(year).refuse(
                RunSpec(index_code=index_code, area=area, target_year=year, as_of=day)
            )
        except SpecError as error:
            wrong.append(Phrase(error.key, error.facts))
    _refuse(name, wrong)
    return result


def _own(name: str, values: Mapping[str, Value]) -> RunSpec | None:
    """Read what the run that is shown was asked; None if none is shown."""
    folder = values.get("run_dir")
    if not (isinstance(folder, str) and folder):
        return None
    try:
        return read_spec(Path(folder))
    except (OSError, ValueError, KeyError, TypeError, SpecError):
        _refuse(name, [Phrase("notebook.no_run", {"folder": folder})])
    return None


def _contradicted(own: RunSpec, given: Mapping[str, Value]) -> list[Phrase]:
    """Name what was given beside a run, and is another thing in it."""
    said = own.as_dict()
    return [
        Phrase("notebook.of_run", {"name": each, "given": str(given[each]), "own": str(said[each])})
        for each in OF_RUN
        if each in given and str(given[each]) != str(said[each])
    ]


def _listed(
    defaults: Mapping[str, Value], index_code: str, known: Known
) -> Iterator[tuple[str, Callable[[str], Value]]]:
    """Give a check for each parameter of codes; one whose default is no such code means something else."""
    codes = (*COMPONENTS[index_code], *known.frameworks["component"], *known.indicator_rows["indicator_code"])
    for target, allowed in (("kind", tuple(KINDS)), ("code", codes), ("models", (MAIN_MODEL, *MEMBERS))):
        if target in defaults and str(defaults[target]) in ("", *allowed):
            yield target, partial(_each_of, target=target, allowed=tuple(dict.fromkeys(allowed)))


def _each_of(written: str, *, target: str, allowed: tuple[str, ...]) -> str:
    """Find the words of a text in any case; they are kept in their order."""
    by_fold = {code.casefold(): code for code in reversed(allowed)}
    words = written.replace(",", " ").split() if target == "models" else [written.strip()]
    return ",".join(by_fold.get(word.casefold()) or refuse_unknown(target, word, allowed) for word in words)


def _component(written: str, *, index_code: str, known: Known, page: bool) -> str:
    """Find a component in any case: of a page, a domain; else any that the tables have."""
    allowed = [*DOMAINS] if index_code == MAIN else [*COMPONENTS[index_code]]
    if not page:
        allowed += [*COMPONENTS[index_code], *known.frameworks["component"]]
    return _each_of(written, target="component", allowed=tuple(dict.fromkeys(allowed)))


def _refuse(name: str, problems: list[Phrase]) -> None:
    if problems:
        raise SpecError("run.parameters_refused", {"notebook": name, "problems": tuple(problems)})
