"""Compute the steps of a forecast and cache each by its inputs, so that only what has changed is redone.

The steps call `forecast.answer.panel_forecast`, for all areas alike, and `forecast.answer.pipeline`,
for one.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self, TypeVar

import numpy as np
import pandas as pd

from forecast.answer import panel_forecast, pipeline, record
from forecast.answer.changes.steps import PANEL
from forecast.answer.members import Members, fit_members
from forecast.answer.panel_forecast import PanelForecast, Posterior
from forecast.answer.record import COLUMNS as RECORD_COLUMNS
from forecast.answer.record import Past
from forecast.answer.result import Result
from forecast.answer.scorecard.outlook import Outlook
from forecast.base import labels
from forecast.base.indexes import panel_of
from forecast.base.spec import RunSpec
from forecast.data import load, scenarios, tables
from forecast.data.load import Known, Vintages
from forecast.data.load.indicators import related_of
from forecast.desk.cache import Memory, Shelf, digest
from forecast.desk.progress import Tell, telling

T = TypeVar("T")

MEMORY: Final = Memory()
CACHE: Final = Path(".cache") / "desk"  # beside the folder of the tables
NO_MEMBERS: Final = Members(())


@dataclass(frozen=True, slots=True)
class Steps:
    """One question on the tables of one folder as they were at one moment."""

    spec: RunSpec
    key: str  # hash of the tables' bytes
    vintages: Vintages
    shelf: Shelf
    lang: str

    @classmethod
    def now(cls, spec: RunSpec, data_dir: Path, lang: str) -> Self:
        """Take the tables as they are; they are read again only if a byte has changed."""
        return cls(spec, *tables_of(data_dir), Shelf(data_dir.resolve().parent / CACHE), lang)

    def remembered(self, kind: str, make: Callable[[], T], *more: str) -> T:
        """Give what rests on all of the tables and the whole question."""
        return MEMORY.get(kind, digest(self.key, question_key(self.spec), *more), make)

    def known(self) -> Known:
        """Cut the tables to the day, for the areas of the target year."""
        year = self.spec.target_year
        key = digest(self.key, self.spec.as_of, panel_of(self.spec.index_code), year)
        return MEMORY.get("known", key, lambda: self._published().for_year(year))

    def posterior(self) -> Posterior:
        """Fit the panel, which all areas share."""
        return self._panel()[0]

    def panel_forecast(self, *, members: bool = True) -> PanelForecast:
        """Put together what all areas share, but for the record.

        The `members` are the models beside the main one, which take as long as that.
        """
        known, anyone = self.known(), self._anyone()
        post, rng = self._panel()
        models = self._members() if members else NO_MEMBERS
        visible = panel_forecast.before_result(known, self.spec)
        return PanelForecast(anyone, known, visible, post, models, record.no_record(), rng)

    def outlook(self) -> Outlook:
        """Add criteria, departments and what scenarios start from."""
        return self.remembered(
            "below", lambda: pipeline.below_domains(self.panel_forecast(members=False), self.spec)
        )

    def main_result(self) -> Result:
        """Make the result's tables without the other models and the record of earlier years."""
        return self.remembered(
            "told", lambda: pipeline.result_of(self.panel_forecast(members=False), self.spec, self.outlook())
        )

    def result(self) -> Result:
        """Make the whole result, as a run makes it."""
        return self.remembered(
            "result",
            lambda: pipeline.result_of(self.panel_forecast(), self.spec, self.outlook(), self.record()),
        )

    def record(self) -> Past:
        """Forecast earlier years as they would have been; each year is remembered, on disk too."""
        anyone = self._anyone()

        def make() -> Past:
            with telling("desk.recording", self.lang) as tell:
                years = record.past_forecasts(
                    self.vintages,
                    self._published(),
                    anyone,
                    lambda then, question: self._past(then, question, tell),
                )
                return record.joined(years)

        return MEMORY.get("record", digest(self.key, question_key(anyone)), make)

    def _published(self) -> Known:
        return self.vintages.known_at(self.spec.as_of).of(panel_of(self.spec.index_code))

    def _anyone(self) -> RunSpec:
        """The question of an area of no one's choice, as what all share must not depend on who asks."""
        return replace(self.spec, area=self.known().provinces[0])

    def _panel(self) -> tuple[Posterior, np.random.Generator]:
        """The posterior, and the source of chance as its draws left it."""
        known, spec = self.known(), self.spec
        known.refuse(spec)

        def fit() -> tuple[Posterior, np.random.Generator]:
            rng = np.random.default_rng(spec.seed)
            with telling("desk.fitting", self.lang, year=spec.target_year):
                return panel_forecast.posterior(known, spec, rng), rng

        return MEMORY.get("posterior", self._panel_key(), fit)

    def _members(self) -> Members:
        known, post = self.known(), self.posterior()
        statements = post.fitted.statements
        return MEMORY.get(
            "members",
            self._panel_key(),
            lambda: fit_members(known, post.subject, statements, post.uses, self.spec, post.covariates),
        )

    def _panel_key(self) -> str:
        spec = self.spec
        return digest(panel_hash(self.known()), spec.target_year, spec.seed, spec.draws, repr(spec.levels))

    def _past(self, then: Known, question: RunSpec, tell: Tell) -> pd.DataFrame:
        tell(labels.text("desk.year", self.lang, year=question.target_year))
        key = digest(panel_hash(then), question_key(question))
        columns = [*(name for name in RECORD_COLUMNS if name != "observed"), "output_type"]

        def make() -> pd.DataFrame:
            return self.shelf.get(key, lambda: panel_forecast.forecast_rows(then, question)[columns])

        return MEMORY.get("past", key, make)


def question_key(spec: RunSpec) -> str:
    """Write a question as a part of a key."""
    return repr(sorted(spec.as_dict().items()))


def tables_of(folder: Path) -> tuple[str, Vintages]:
    """Give the hash of all tables of a folder, scenarios included, and the tables.

    Raises DataError with every problem of every table.
    """
    whole = hashlib.sha256()
    for name in (tables.AREAS.file, *(table.file for table in tables.DATA_TABLES), scenarios.FILE):
        path = folder / name
        content = path.read_bytes() if path.is_file() else b""
        whole.update(f"{name} {len(content)} ".encode() + content)
    key = whole.hexdigest()
    return key, MEMORY.get("vintages", key, lambda: load.read_vintages(folder))


def panel_hash(known: Known) -> str:
    """Hash all that the panel's posterior rests on; of indicators those linked to a component."""
    frames = {name: getattr(known, name) for name in (*PANEL, "announcements")}
    types = known.indicator_types
    linked = types[types["component"] != ""]
    indices = {named[0] for source in linked["source"] if (named := related_of(source))}
    frames["indicator_types"] = linked
    frames["indicator_rows"] = _among(known.indicator_rows, "indicator_code", linked["indicator_code"])
    frames["related"] = _among(known.related, "index_code", indices)
    return digest(known.as_of, *frames.values())


def _among(frame: pd.DataFrame, column: str, values: Iterable[str]) -> pd.DataFrame:
    """Keep the rows with one of these values; their place in the file, which others move, is left out."""
    rows = frame[frame[column].isin(set(values))]
    return rows.drop(columns="row", errors="ignore").reset_index(drop=True)
