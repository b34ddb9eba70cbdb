"""Who forecasts what, and by when: the departments in charge, and the finest components each answers for."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from forecast.base.spec import refuse_unknown
from forecast.base.spelling import clean
from forecast.data.framework import PART_PREFIX, TOTAL, Framework

SEPARATOR: Final = ";"  # between the departments that share a component


@dataclass(frozen=True, slots=True)
class Item:
    """One component that a department forecasts, with the domain under which its form shows it."""

    component: str
    name: str
    maximum: float
    max_status: str
    domain: str


def departments(framework: Framework) -> tuple[str, ...]:
    """Name the departments that answer for anything, in the order of the framework.

    A framework that names nobody, as SIPAS' one figure, gives none; nor is one named all of whose domain is
    others' business, part by part.
    """
    tree = _tree(framework)
    parents = {row.parent for row in tree.values()}
    answering = {name for code in tree if code not in parents for name in _in_charge(code, tree)}
    names = (name for row in tree.values() for name in _names(row.responsible))
    return tuple(dict.fromkeys(name for name in names if name in answering))


def items(framework: Framework, department: str) -> tuple[Item, ...]:
    """Give the finest known components that a department answers for, in the framework's order.

    A component without a department of its own belongs to who is in charge of what it is part of.

    Raises SpecError if the department is not among those in charge, with the nearest of them.
    """
    known = departments(framework)
    if department not in known:
        refuse_unknown("--department", department, known)
    tree = _tree(framework)
    parents = {row.parent for row in tree.values()}
    return tuple(
        Item(code, row.name_vi, float(row.max_score), row.max_status, _line(code, tree)[-1])
        for code, row in tree.items()
        if code not in parents and department in _in_charge(code, tree)
    )


def deadline(target_year: int) -> dt.date:
    """Give the last day on which a form is in time: 30 September of the target year."""
    return dt.date(target_year, 9, 30)


def domain_name(framework: Framework, domain: str) -> str:
    """Name a domain in Vietnamese; its code if the framework does not name it."""
    row = _tree(framework).get(domain)
    return row.name_vi if row and row.name_vi else domain


def _tree(framework: Framework) -> dict[str, Any]:
    """Rows of components and criteria by code, but for the total and parts that cut across the domains."""
    components = pd.concat([framework.components, framework.criteria], ignore_index=True)
    components = components[
        (components["component"] != TOTAL) & ~components["component"].str.startswith(PART_PREFIX)
    ]
    return {str(row.component): row for row in components.itertuples(index=False)}


def _names(responsible: str) -> tuple[str, ...]:
    return tuple(name for part in responsible.split(SEPARATOR) if (name := clean(part)))


def _line(code: str, tree: dict[str, Any]) -> list[str]:
    """Give a component and what it is part of, up to the domain; a circle ends where it closes."""
    line: list[str] = []
    while code in tree and code not in line:
        line.append(code)
        code = tree[code].parent
    return line


def _in_charge(code: str, tree: dict[str, Any]) -> tuple[str, ...]:
    return next(
        (names for ancestor in _line(code, tree) if (names := _names(tree[ancestor].responsible))), ()
    )
