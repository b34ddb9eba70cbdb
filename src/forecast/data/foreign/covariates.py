"""Read tables of covariates: area, year, covariate, value, and optionally the component that it affects.

They are read as yearly tables, with the covariate in the place of the component; a table with one column for
each covariate is read too.
"""

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
from forecast.data.foreign.read import fold_repeats, table_of
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
    """A table of covariates that was read."""

    # area, component (what readers see: covariate, and the component it acts on), year, score, row
    frame: pd.DataFrame
    acts: dict[str, tuple[str, str]]  # covariate and component (empty for all) by what readers see
    file: str  # its name
    remarks: tuple[Phrase, ...]  # what was understood otherwise than it stands there


def read_covariates_file(path: Path) -> CovariateTable:
    """Read covariates from a file of text; raises DataError with what is wrong and what to do."""
    return _read_table(lambda: sheet_of_file(path) or _refuse_unreadable(path))


def read_covariates_frame(frame: pd.DataFrame) -> CovariateTable:
    """Read covariates from a table in memory; see `read_covariates_file`."""
    level_names = [level for level in frame.index.names if level is not None]
    whole = frame.reset_index() if level_names else frame
    if whole.empty:
        raise DataError([Problem("covariates", None, "", "", "panel.empty")])
    return _read_table(lambda: sheet_of_frame(whole, "covariates"))


def _read_table(opened: Callable[[], Sheet]) -> CovariateTable:
    """Read a sheet; problems name the columns as the sheet has them."""
    column = "covariate"
    try:
        sheet = opened()
        place, component = _places(sheet)
        column = sheet.header[place] if place is not None else column
        merged, acts = _merge_columns(sheet, place, component)
        table = table_of(merged, EVERYWHERE)
    except DataError as error:
        own = [_own_words(problem, column) for problem in error.problems]
        raise DataError(fold_repeats(own)) from error
    for name in table.frame["component"].unique():
        acts.setdefault(name, (name, ""))
    remarks = tuple(own_remark for remark in table.remarks for own_remark in _own_remark(remark))
    return CovariateTable(table.frame, acts, sheet.file, remarks)


def _own_remark(remark: Phrase) -> Iterator[Phrase]:
    """Word a remark for covariates; leave out names that are the expected ones."""
    if remark.key != "foreign.named":
        yield Phrase(OWN_WORDS.get(remark.key, remark.key), remark.facts)
        return
    names = [name.replace(" → score", " → value") for name in remark.facts["names"]]
    names = [name for name in names if name != "value → value"]
    if names:
        yield Phrase("foreign.named", {"names": names})


def _refuse_unreadable(path: Path) -> Sheet:
    """Refuse a file that is no text or has no rows, with the message of the reader of panels."""
    if not incoming.text(incoming.content(path), path.name, utf16=True).strip():
        load.read_panel(path)
    raise DataError([Problem(path.name, None, "", "", "panel.empty")])


def _places(sheet: Sheet) -> tuple[int | None, int | None]:
    """Find the columns of covariates and of the components they affect; None where there is none."""
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


def _merge_columns(
    sheet: Sheet, place: int | None, component: int | None
) -> tuple[Sheet, dict[str, tuple[str, str]]]:
    """Merge covariate and component into one column called "component"."""
    if place is None:
        return sheet, {}
    names = [clean(cell) for cell in sheet.columns[place]]
    on = [clean(cell) for cell in sheet.columns[component]] if component is not None else [""] * len(names)
    pairs = [(name, component_name if name else "") for name, component_name in zip(names, on, strict=True)]
    labels_ = [f"{name}{TO}{component_name}" if component_name else name for name, component_name in pairs]
    columns_left = [k for k in range(len(sheet.header)) if k != component]
    header = tuple("component" if k == place else sheet.header[k] for k in columns_left)
    columns = tuple(tuple(labels_) if k == place else sheet.columns[k] for k in columns_left)
    return replace(sheet, header=header, columns=columns), dict(zip(labels_, pairs, strict=True))


def _own_words(problem: Problem, column: str) -> Problem:
    """Word a problem for covariates, with the column's name in the sheet."""
    key = OWN_WORDS.get(problem.expected_key, problem.expected_key)
    facts = dict(problem.expected_facts)
    if "key" in facts:
        facts["key"] = [column if name == "component" else name for name in facts["key"]]
    own = column if problem.column == "component" else problem.column
    return replace(problem, column=own, expected_key=key, expected_facts=facts)
