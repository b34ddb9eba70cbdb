"""Compute a run's forecast.csv again from its stored data, and explain any difference."""

import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pandas as pd

from forecast.answer.result import spec_from
from forecast.base.errors import DataError, ForecastError, SpecError
from forecast.base.labels import Phrase
from forecast.runs import site
from forecast.runs.files import sha256
from forecast.runs.manifest import FILE, Manifest, circumstances, code_hash, versions
from forecast.runs.store import DATA, Store

FORECAST: Final = "forecast.csv"
KEY: Final = ["index_code", "area", "component", "target_year", "model", "output_type", "output_type_id"]


@dataclass(frozen=True, slots=True)
class Reproduction:
    """The result of a second computation."""

    run_id: str  # which run
    # whether the forecast that was made again has the bytes that the run recorded, and its file too
    same: bool
    rows: int = 0  # of the forecast that was made again
    differences: tuple[Phrase, ...] = field(default=())  # what differs in the forecast
    reasons: tuple[Phrase, ...] = field(default=())  # what may be why: data, versions, code, machine


def reproduce(root: Path, run_id: str) -> Reproduction:
    """Make a run's forecast again from its stored data.

    Raises SpecError if there is no such run, or its record cannot be read.
    """
    from forecast.answer import pipeline  # takes long to load
    from forecast.data import load

    folder, record = _find(root, run_id)
    reasons = [*_data(folder, record), *_surroundings(record)]
    path = folder / FORECAST
    stored = path.read_bytes() if path.is_file() else b""
    recorded = record.outputs.get(FORECAST, "")
    differences = []
    if not stored:
        differences.append(Phrase("reproduce.missing", {"file": FORECAST}))
    elif hashlib.sha256(stored).hexdigest() != recorded:
        differences.append(Phrase("reproduce.altered", {"file": FORECAST}))
    try:
        spec = spec_from(record.spec)
        forecast = pipeline.forecast(load.read(folder / DATA, as_of=spec.as_of), spec).forecast
    except DataError as error:
        return Reproduction(record.run_id, same=False, differences=(_refusal(error),), reasons=tuple(reasons))
    except (ForecastError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = Phrase(error.key, error.facts) if isinstance(error, ForecastError) else repr(error)
        refused = Phrase("reproduce.refused", {"reason": reason})
        return Reproduction(record.run_id, same=False, differences=(refused,), reasons=tuple(reasons))
    again = forecast.to_csv(index=False, lineterminator="\n").encode()
    if hashlib.sha256(again).hexdigest() == recorded:
        return Reproduction(record.run_id, not differences, len(forecast), tuple(differences))
    if again != stored:
        differences += _compare(stored, again)
    machines = {"then": record.machine or "–", "now": str(circumstances()["machine"])}
    return Reproduction(
        record.run_id,
        same=False,
        rows=len(forecast),
        differences=tuple(differences),
        reasons=tuple(reasons) or (Phrase("reproduce.machine", machines),),
    )


def _find(root: Path, run_id: str) -> tuple[Path, Manifest]:
    for store in (Store(root), Store(root / site.AREAS)):
        if run_id == "latest":
            newest = store.latest()
            run_id = newest.run_id if newest else run_id
        for entry in store.published():
            if entry.run_id == run_id:
                if entry.manifest is None:
                    raise SpecError("reproduce.damaged", {"run_id": run_id, "file": str(entry.folder / FILE)})
                return entry.folder, entry.manifest
    raise SpecError("cli.runs.unknown", {"run_id": run_id, "folder": str(root)})


def _data(folder: Path, record: Manifest) -> list[Phrase]:
    """Name the files of the run's data that have changed since."""
    present = {path.name: sha256(path) for path in (folder / DATA).glob("*") if path.is_file()}
    recorded = dict(record.inputs.data)
    changed = sorted(name for name in recorded if name in present and present[name] != recorded[name])
    missing = sorted(set(recorded) - set(present))
    added = sorted(set(present) - set(recorded))
    files_by_key = {
        "reproduce.data_changed": changed,
        "reproduce.data_missing": missing,
        "reproduce.data_more": added,
    }
    return [Phrase(key, {"files": files}) for key, files in files_by_key.items() if files]


def _surroundings(record: Manifest) -> list[Phrase]:
    """Name the versions and the code that differ from those of the run."""
    now, then = versions(), record.inputs.versions
    differences = [
        Phrase(
            "reproduce.version", {"package": name, "then": then.get(name) or "–", "now": now.get(name) or "–"}
        )
        for name in sorted({*now, *then})
        if now.get(name) != then.get(name)
    ]
    if record.inputs.code != code_hash():
        present = circumstances()
        facts = {"then": record.commit[:10], "now": str(present["commit"])[:10]}
        differences.append(Phrase("reproduce.code", facts))
    return differences


def _refusal(error: DataError) -> Phrase:
    first = error.problems[0]
    facts = {"count": len(error.problems), "file": first.file, "row": first.row or 0}
    return Phrase("reproduce.data_refused", facts)


def _compare(stored: bytes, again: bytes) -> list[Phrase]:
    """Say how many rows were added or lost, how many figures differ, and where they differ most."""
    try:
        old, new = (
            pd.read_csv(io.BytesIO(content), dtype={"output_type_id": str}) for content in (stored, again)
        )
        both = old.merge(new, on=KEY, how="outer", suffixes=("_old", "_new"), indicator=True)
    except (ValueError, KeyError, pd.errors.ParserError):
        return [Phrase("reproduce.unreadable", {"file": FORECAST})]
    differences = []
    lost, gained = ((both["_merge"] == side).sum() for side in ("left_only", "right_only"))
    if lost or gained:
        differences.append(Phrase("reproduce.rows", {"lost": int(lost), "gained": int(gained)}))
    pair = both[both["_merge"] == "both"]
    gap = (pair["value_new"] - pair["value_old"]).abs()
    if (gap > 0).any():
        most = pair.iloc[int(gap.to_numpy().argmax())]
        facts = {
            "count": int((gap > 0).sum()),
            "all": len(pair),
            "most": float(round(gap.max(), 4)),
        }
        where = {name: str(most[name]) for name in ("model", "area", "component", "output_type_id")}
        differences.append(Phrase("reproduce.values", {**facts, **where}))
    return differences or [Phrase("reproduce.bytes", {"file": FORECAST})]
