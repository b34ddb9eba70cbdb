"""Tables of covariates as people have them: area, year, covariate, value, and perhaps component.

They are read as yearly tables are, with the covariate in the place of the component; one column a covariate
is taken too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pandas as pd

from forecast.base import incoming
from forecast.base.errors import DataError, Problem
from forecast.base.labels import Phrase
from forecast.base.spelling import clean, slug
from forecast.data import load
from forecast.data.foreign.headings import headings
from forecast.data.foreign.read import folded, table_of
from forecast.data.foreign.sheet import Sheet, sheet_of_file, sheet_of_frame

COVARIATE: Final = ("covariate", "covariates", "regressor", "bien", "bien-so", "bien-giai-thich", "yeu-to")
COMPONENT: Final = ("component", "domain", "thanh-phan", "linh-vuc")
EVERYWHERE: Final = "*"  # the area of a table without a column of areas: figures of the whole country
OWN_WORDS: Final = {
    "foreign.components_across": "covariates.across",
    "foreign.one_component": "covariates.one",
    "foreign.one_area": "covariates.everywhere",
    "foreign.unclear": "covariates.unclear",
    "foreign.several": "covariates.several",
}
TO: Final = " → "  # between a covariate and the component it acts on, in names that readers see


@dataclass(frozen=True, slots=True, eq=False)
class CovariateTable:
    """A table of covariates that was read.

    Attributes
    ----------
    frame
        area, component (what readers see: covariate, and the component it acts on), year, score, row.
    acts : dict of str to pair of str
        Covariate and component (empty for all) by what readers see.
    file
        Its name.
    remarks
        What was understood otherwise than it stands there.
    """

    frame: pd.DataFrame
    acts: dict[str, tuple[str, str]]
    file: str
    remarks: tuple[Phrase, ...]


def read_covariates_file(path: Path) -> CovariateTable:
    """Read covariates from a file of text.

    Raises
    ------
    DataError
        With what is wrong and what to do.
    """
    return _told(lambda: sheet_of_file(path) or _usual(path))


def read_covariates_frame(frame: pd.DataFrame) -> CovariateTable:
    """Read covariates from a table in memory; see `read_covariates_file`."""
    named = [level for level in frame.index.names if level is not None]
    whole = frame.reset_index() if named else frame
    if whole.empty:
        raise DataError([Problem("covariates", None, "", "", "panel.empty")])
    return _told(lambda: sheet_of_frame(whole, "covariates"))


def _told(opened: Callable[[], Sheet]) -> CovariateTable:
    """Read a sheet, with problems at the columns that stand there."""
    column = "covariate"
    try:
        sheet = opened()
        place, component = _places(sheet)
        column = sheet.header[place] if place is not None else column
        joined, acts = _joined(sheet, place, component)
        table = table_of(joined, EVERYWHERE)
    except DataError as error:
        own = [_own_words(problem, column) for problem in error.problems]
        raise DataError(folded(own)) from error
    for name in table.frame["component"].unique():
        acts.setdefault(name, (name, ""))
    remarks = tuple(told for each in table.remarks for told in _own_remark(each))
    return CovariateTable(table.frame, acts, sheet.file, remarks)


def _own_remark(remark: Phrase) -> Iterator[Phrase]:
    """Say a remark in the words of covariates; names that they have anyway are no news."""
    if remark.key != "foreign.named":
        yield Phrase(OWN_WORDS.get(remark.key, remark.key), remark.facts)
        return
    names = [each.replace(" → score", " → value") for each in remark.facts["names"]]
    names = [each for each in names if each != "value → value"]
    if names:
        yield Phrase("foreign.named", {"names": names})


def _usual(path: Path) -> Sheet:
    """Let the usual reader say what is wrong with a file that is no text, or has no rows."""
    if not incoming.text(incoming.content(path), path.name, utf16=True).strip():
        load.read_panel(path)
    raise DataError([Problem(path.name, None, "", "", "panel.empty")])


def _places(sheet: Sheet) -> tuple[int | None, int | None]:
    """Columns of covariates and of the components they act on; None where there is none."""
    slugs = [slug(name) for name in sheet.header]
    component = next((k for k, name in enumerate(slugs) if name in COMPONENT), None)
    own = next((k for k, name in enumerate(slugs) if name in COVARIATE), None)
    if own is None:  # the usual names of a component, such as indicator, where it is none
        own = headings([name if k != component else "" for k, name in enumerate(sheet.header)]).roles.get(
            "component"
        )
    if own is None and component is not None:
        raise DataError([Problem(sheet.file, sheet.top, "covariate", "", "covariates.no_column")])
    return own, component


def _joined(
    sheet: Sheet, place: int | None, component: int | None
) -> tuple[Sheet, dict[str, tuple[str, str]]]:
    """Put covariate and component into one column, named as yearly tables name it."""
    if place is None:
        return sheet, {}
    names = [clean(cell) for cell in sheet.columns[place]]
    on = [clean(cell) for cell in sheet.columns[component]] if component is not None else [""] * len(names)
    pairs = [(name, each if name else "") for name, each in zip(names, on, strict=True)]
    shown = [f"{name}{TO}{each}" if each else name for name, each in pairs]
    kept = [k for k in range(len(sheet.header)) if k != component]
    header = tuple("component" if k == place else sheet.header[k] for k in kept)
    columns = tuple(tuple(shown) if k == place else sheet.columns[k] for k in kept)
    return replace(sheet, header=header, columns=columns), dict(zip(shown, pairs, strict=True))


def _own_words(problem: Problem, column: str) -> Problem:
    """Name the column that stands there, and the columns that a table of covariates has."""
    key = OWN_WORDS.get(problem.expected_key, problem.expected_key)
    facts = dict(problem.expected_facts)
    if "key" in facts:
        facts["key"] = [column if name == "component" else name for name in facts["key"]]
    own = column if problem.column == "component" else problem.column
    return replace(problem, column=own, expected_key=key, expected_facts=facts)
