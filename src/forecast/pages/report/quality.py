"""The record of the run, for who checks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from forecast.answer.result import Result
from forecast.base import labels
from forecast.base.incoming import record_of
from forecast.pages.markup import Table
from forecast.pages.tables import data
from forecast.pages.tables.spec import draw_table

MANIFEST: Final = "manifest.json"


def run_record(run_dir: str) -> dict[str, Any]:
    """Read the record of the run that a notebook is part of; empty where it is part of none."""
    if not run_dir:
        return {}
    for folder in (Path(run_dir), Path(run_dir).parent):
        if (folder / MANIFEST).is_file():
            found: dict[str, Any] = record_of(folder / MANIFEST)
            return found
    return {}


def _commit(run: Mapping[str, Any], lang: str) -> str:
    volatile = run.get("volatile", {})
    commit = str(volatile.get("commit", ""))[:12]
    return labels.text("quality.dirty", lang, commit=commit) if commit and volatile.get("dirty") else commit


def quality_table(result: Result, run: Mapping[str, Any] | None = None, *, lang: str) -> Table:
    """Record the run: its name, day, commit, settings, and hashes of what went in.

    Parameters
    ----------
    result
        Gives day, draws and seed.
    run
        From `run_record`; outside a run there is none.
    lang
        Language of the words.
    """
    run = run or {}
    checks = run.get("checks", [])
    passed = {"good": sum(check["good"] for check in checks), "all": len(checks)}
    spec = result.spec
    items = {
        "run_id": run.get("run_id", ""),
        "as_of": labels.day(spec.as_of, lang),
        "commit": _commit(run, lang),
        "draws": labels.number(spec.draws, 0, lang),
        "seed": str(spec.seed),
        "checked": labels.text("quality.checks", lang, **passed) if checks else "",
    }
    told = [(labels.text(f"quality.{name}", lang), value) for name, value in items.items() if value]
    hashes = run.get("inputs", {}).get("data", {})
    told += [(labels.text("quality.hash", lang, file=file), digest[:16]) for file, digest in hashes.items()]
    return draw_table(data.items(told, lang, caption="quality.caption"))
