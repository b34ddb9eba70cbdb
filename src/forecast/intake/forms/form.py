"""Gather the content of one department's form."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from forecast.answer.submissions.duties import Item, domain_name, items
from forecast.base.spec import RunSpec
from forecast.base.spelling import slug
from forecast.data.framework import Framework, with_share
from forecast.data.load import Known
from forecast.intake.forms.key import FORM_VERSION, Key

MODEL_COLUMNS: Final = ("component", "median", "lower", "upper")


@dataclass(frozen=True, slots=True)
class Form:
    """All that stands in one department's empty form."""

    key: Key  # what it is made for
    items: tuple[Item, ...]  # the department's components
    domains: Mapping[str, str]  # names of their domains
    last: Mapping[str, float]  # last year's published share of the maximum, in points of this form's maxima
    day: dt.date  # day of the knowledge in it; also the day in the file's properties
    made_up: bool = False  # whether the framework is invented
    # the workbench's own median and 80 percent range, where they are wished for
    model: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)

    @property
    def file_name(self) -> str:
        """Name of the file in plain ASCII: du-bao-2024_so-tu-phap.xlsx."""
        return f"du-bao-{self.key.target_year}_{slug(self.key.department)}.xlsx"


def prepare(
    known: Known, framework: Framework, department: str, spec: RunSpec, model: pd.DataFrame | None = None
) -> Form:
    """Gather what stands in a department's form.

    `known`, `framework`: data and framework of the target year as known on ``spec.as_of``; `department`: name
    as in the framework; `spec`: index, area and target year; `model`: component, median, lower, upper (80
    percent, points); other columns do not matter. Raises SpecError if the department is not among those in
    charge.
    """
    own = items(framework, department)
    maxima = {item.component: item.maximum for item in own}
    return Form(
        key=key_of(framework, department, spec),
        items=own,
        domains={item.domain: domain_name(framework, item.domain) for item in own},
        last=last_of(known, spec, maxima),
        day=spec.as_of,
        made_up=framework.made_up,
        model={} if model is None else _model(model, maxima),
    )


def key_of(framework: Framework, department: str, spec: RunSpec) -> Key:
    """Give the key that a form made today for a department has."""
    components = ((item.component, item.name, item.maximum) for item in items(framework, department))
    return Key(
        form_version=FORM_VERSION,
        department=department,
        index_code=spec.index_code,
        area=spec.area,
        target_year=spec.target_year,
        framework=framework.name,
        maxima_from=framework.maxima_from,
        components=tuple(components),
    )


def last_of(known: Known, spec: RunSpec, maxima: Mapping[str, float]) -> dict[str, float]:
    """Last year's published share of the maximum by component, in points of these maxima."""
    scores = known.scores
    wanted = (
        (scores["index_code"] == spec.index_code)
        & (scores["area"] == spec.area)
        & (scores["year"] == spec.target_year - 1)
        & (scores["statistic"] == "value")
        & scores["component"].isin(list(maxima))
    )
    shares = with_share(scores.loc[wanted], known.frameworks, known.events, known.as_of)
    pairs = zip(shares["component"], shares["share"].astype(float), strict=True)
    return {str(code): round(share * maxima[code], 4) for code, share in pairs if np.isfinite(share)}


def _model(table: pd.DataFrame, maxima: Mapping[str, float]) -> dict[str, tuple[float, float, float]]:
    rows = table.loc[table["component"].isin(list(maxima)), list(MODEL_COLUMNS)].dropna()
    return {
        str(code): (float(median), float(lower), float(upper))
        for code, median, lower, upper in rows.itertuples(index=False, name=None)
    }
