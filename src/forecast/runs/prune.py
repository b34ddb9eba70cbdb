"""Removing runs on request: only folders named as runs, in the folder of reports, never through links."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from forecast.runs import site
from forecast.runs.files import remove
from forecast.runs.manifest import RUN_ID
from forecast.runs.store import QUESTION, Entry, Store


@dataclass(frozen=True, slots=True)
class Pruned:
    """Runs that were removed, and reports that stay though their record cannot be read."""

    removed: tuple[Entry, ...]
    unreadable: tuple[Entry, ...]


def prune(store: Store, keep: int | None = None, *, damaged: bool = False) -> Pruned:
    """Remove failed runs, and good ones beyond the `keep` latest of each area and year.

    The run that latest points at stays.  A report whose record cannot be read stays too, unless `damaged`:
    nobody knows how it went.  Index and latest forget a run before it is removed.
    """
    published = _runs(store.published())
    unreadable = tuple(entry for entry in published if not entry.manifest)
    surplus = _surplus(published, keep) if keep is not None else []
    removed = (*(unreadable if damaged else ()), *surplus, *_runs(store.failed()))
    store.leave_out(removed)
    for entry in removed:
        remove(entry.folder)
    store.settle()  # failed ones stood on the page over all areas
    return Pruned(removed, () if damaged else unreadable)


def _runs(entries: Iterable[Entry]) -> list[Entry]:
    return [
        entry
        for entry in entries
        if RUN_ID.fullmatch(entry.folder.name) and entry.folder.is_dir() and not entry.folder.is_symlink()
    ]


def _surplus(runs: Iterable[Entry], keep: int) -> list[Entry]:
    found = [(entry, entry.manifest) for entry in runs if entry.manifest]
    latest = site.latest([manifest for _, manifest in found])
    newest_first = sorted(found, key=lambda pair: pair[1].number, reverse=True)
    seen: Counter[tuple[str, ...]] = Counter()
    surplus = []
    for entry, manifest in newest_first:
        kind = tuple(str(manifest.spec[name]) for name in QUESTION)
        seen[kind] += 1
        if seen[kind] > keep and manifest is not latest:
            surplus.append(entry)
    return surplus
