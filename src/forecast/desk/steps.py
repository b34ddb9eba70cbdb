"""The steps of a forecast, each remembered by what it rests on: a changed figure redoes what depends on it.

The order of the steps and all that they compute is `forecast.pipeline`'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import numpy as np
import pandas as pd

from forecast import labels, load, pipeline, record, scenarios, tables
from forecast.changes.steps import PANEL
from forecast.desk.cache import Memory, Shelf, digest
from forecast.desk.progress import Tell, telling
from forecast.load import Known, Vintages
from forecast.pipeline import Posterior
from forecast.record import COLUMNS as RECORD_COLUMNS
from forecast.result import Result
from forecast.scorecard.outlook import Outlook
from forecast.spec import RunSpec, refuse_unanswerable

T = TypeVar("T")

MEMORY: Final = Memory()
CACHE: Final = Path(".cache") / "desk"  # beside the folder of the tables


@dataclass(frozen=True, slots=True)
class Steps:
    """One question on the tables of one folder as they were at one moment.

    Attributes
    ----------
    key : str
        Hash of the tables' bytes.
    """

    spec: RunSpec
    key: str
    vintages: Vintages
    shelf: Shelf
    lang: str

    @classmethod
    def now(cls, spec: RunSpec, data_dir: Path, lang: str) -> Self:
        """Take the tables as they are; they are read again only if a byte has changed."""
        return cls(spec, *tables_of(data_dir), Shelf(data_dir.resolve().parent / CACHE), lang)

    def remembered(self, kind: str, make: Callable[[], T], *more: str) -> T:
        """Give what rests on all of the tables and the whole question."""
        key = digest(self.key, repr(sorted(self.spec.as_dict().items())), *more)
        return MEMORY.get(kind, key, make)

    def known(self) -> Known:
        """Cut the tables to the day."""
        day = self.spec.as_of
        return MEMORY.get("known", digest(self.key, day), lambda: self.vintages.known_at(day))

    def posterior(self) -> tuple[Posterior, dict[str, Any]]:
        """Fit the panel, which all areas share, and give the state of chance that it leaves."""
        known, spec = self.known(), self.spec
        refuse_unanswerable(spec, announcements=known.announcements, areas=known.provinces)

        def fit() -> tuple[Posterior, dict[str, Any]]:
            rng = np.random.default_rng(spec.seed)
            with telling("desk.fitting", self.lang, year=spec.target_year):
                post = pipeline.posterior(known, spec, rng)
            return post, dict(rng.bit_generator.state)

        key = digest(panel_hash(known), spec.target_year, spec.seed, spec.draws)
        return MEMORY.get("posterior", key, fit)

    def below(self) -> Outlook:
        """Add criteria, departments and what scenarios are played on."""
        return self.remembered(
            "below", lambda: pipeline.below_domains(self.known(), self.spec, self.posterior()[0])
        )

    def told(self) -> Result:
        """Make the result's tables but for the record, and what is learnt on it."""

        def make() -> Result:
            post, state = self.posterior()
            rng = np.random.default_rng(self.spec.seed)
            rng.bit_generator.state = state
            return pipeline.result_of(self.known(), self.spec, post, self.below(), rng)

        return self.remembered("told", make)

    def result(self) -> Result:
        """Make the whole result, as a run makes it."""
        return self.remembered(
            "result", lambda: pipeline.with_record(self.told(), self.known(), self.record())
        )

    def record(self) -> pd.DataFrame:
        """Forecast earlier years as they would have been; each year is remembered, on disk too."""

        def make() -> pd.DataFrame:
            with telling("desk.recording", self.lang) as tell:
                return record.past_forecasts(
                    self.vintages,
                    self.known(),
                    self.spec,
                    lambda then, asked: self._past(then, asked, tell),
                )

        return self.remembered("record", make)

    def _past(self, then: Known, asked: RunSpec, tell: Tell) -> pd.DataFrame:
        tell(labels.text("desk.year", self.lang, year=asked.target_year))
        key = digest(panel_hash(then), repr(sorted(asked.as_dict().items())))
        columns = [*(name for name in RECORD_COLUMNS if name != "observed"), "output_type"]

        def make() -> pd.DataFrame:
            return self.shelf.get(key, lambda: pipeline.forecast_rows(then, asked)[columns])

        return MEMORY.get("past", key, make)


def tables_of(folder: Path) -> tuple[str, Vintages]:
    """Give the hash of all tables of a folder, scenarios included, and the tables.

    Raises
    ------
    DataError
        With every problem of every table.
    """
    whole = hashlib.sha256()
    for name in (tables.AREAS.file, *(table.file for table in tables.DATA_TABLES), scenarios.FILE):
        path = folder / name
        content = path.read_bytes() if path.is_file() else b""
        whole.update(f"{name} {len(content)} ".encode() + content)
    key = whole.hexdigest()
    return key, MEMORY.get("vintages", key, lambda: load.read_vintages(folder))


def panel_hash(known: Known) -> str:
    """Hash all that the panel's posterior rests on."""
    frames = (getattr(known, name) for name in (*PANEL, "announcements"))
    return digest(known.as_of, *frames)
