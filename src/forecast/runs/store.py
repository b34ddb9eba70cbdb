"""Manage the folder of reports: where runs are made, published, and put aside when they fail.

::

    reports/
        index.html  latest.html        replaced after a good run only
        <run id>/                      a good run, whole
        failed/<run id>/               a failed one: executed notebooks and log, no page
        .building-<run id>/            the run that is being made
        .lock                          held by the process that makes it
"""

import contextlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from forecast.base.disk import as_folder, clear_parts, replace_file, writing
from forecast.base.errors import WriteError
from forecast.base.labels import LANGUAGES, text
from forecast.base.lock import hold_lock
from forecast.pages import handout
from forecast.runs import area_overview, site
from forecast.runs.files import remove, replace_folder, restore_folders, write_files
from forecast.runs.manifest import FILE, RUN_ID, Manifest, now

BUILDING: Final = ".building-"
FAILED: Final = "failed"
DATA: Final = "data"
NOTEBOOKS: Final = "notebooks"
LATEST: Final = "latest"  # instead of a run's name
QUESTION: Final = ("index_code", "area", "target_year")


# What a failed run must not leave, as it would be taken for a report.
FINISHED: Final = ("*.html", "*.pdf", handout.BOOK, handout.LONG, handout.NOTICE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One run found in the folder; no manifest if that is damaged."""

    folder: Path
    manifest: Manifest | None

    @property
    def run_id(self) -> str:
        """The run's name."""
        return self.folder.name.removeprefix(BUILDING)

    @property
    def state(self) -> str:
        """The recorded state, or "damaged"."""
        return self.manifest.state if self.manifest else "damaged"


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of reports."""

    root: Path

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """Make the folder, hold its lock, and mend what a killed run left.

        Raises WriteError if another run holds the lock, or nothing can be written there.
        """
        with as_folder(self.root):
            with writing(self.root):
                self.root.mkdir(parents=True, exist_ok=True)
            with hold_lock(self.root / ".lock"):
                self.mend()
                yield

    def begin(self, manifest: Manifest) -> Path:
        """Make the folder in which a run is made, with its manifest."""
        folder = self.root / f"{BUILDING}{manifest.run_id}"
        remove(folder)
        with writing(folder):
            folder.mkdir()
        manifest.write(folder)
        return folder

    def publish(self, folder: Path, manifest: Manifest) -> tuple[Path, Manifest]:
        """Move a good run into its place, then let index and latest point at it."""
        place = self.put(folder, replace(manifest, finished_at=now()))
        self.settle()
        return place, Manifest.read(place)

    def put(self, folder: Path, manifest: Manifest) -> Path:
        """Move a good run into its place; index and latest are updated by `settle`."""
        place = self.root / manifest.run_id
        _rebase(folder, folder.as_posix(), place)
        replace(manifest, state="good", number=self._next()).write(folder)
        replace_folder(folder, place)
        return place

    def adopt(self, run_id: str, files: Mapping[str, bytes], made_in: str) -> Path:
        """Write the files of a run that was made elsewhere, in the folder `made_in`, as if it was made here.

        Its record is written last; until then the folder has the record of a planned run.
        """
        folder = self.root / f"{BUILDING}{run_id}"
        with writing(folder):
            if folder.is_symlink():
                folder.unlink()
            write_files(folder, {name: content for name, content in files.items() if name != FILE})
            _rebase(folder, made_in, folder)
            if FILE in files:
                replace_file(folder / FILE, files[FILE])
        return folder

    def settle(self) -> None:
        """Mark runs that are in place as published and write index and latest anew."""
        for entry in self.published():
            if entry.manifest and entry.manifest.state == "good":
                replace(entry.manifest, state="published").write(entry.folder)
        self.leave_out(())

    def leave_out(self, entries: Sequence[Entry]) -> None:
        """Write index and latest anew, without runs that are about to go."""
        remaining = [entry.manifest for entry in self.published() if entry.manifest and entry not in entries]
        _list(self.root, remaining)

    def whole(self, run_id: str) -> Manifest | None:
        """Give the record of a published run if all its outputs are unchanged, else None."""
        place = self.root / run_id
        manifest = _manifest(place)
        if manifest is None or manifest.state != "published":
            return None
        return manifest if manifest.holds(place) else None

    def previous(self, manifest: Manifest) -> Path | None:
        """Give the folder of the report before a run: the last one published that answers the same question.

        Neither a verification counts, nor a report of a later day, which may know more, nor the same
        run in another language.
        """
        spec = manifest.spec
        earlier = [
            other
            for other in self.records()
            if all(other.spec[name] == spec[name] for name in QUESTION)
            and not (other.spec["force"] or spec["force"])
            and other.spec["as_of"] <= spec["as_of"]
            and (other.spec, other.inputs) != (spec, manifest.inputs)
        ]
        last = max(earlier, key=lambda other: other.number, default=None)
        return self.root / last.run_id if last else None

    def attempts(self, manifest: Manifest) -> list[tuple[Path, Manifest]]:
        """Give the other runs of the same question, failed or published, with their records."""
        entries = [(entry.folder, entry.manifest) for entry in (*self.failed(), *self.published())]
        return [
            (folder, other) for folder, other in entries if other and _question(other) == _question(manifest)
        ]

    def forget_failed(self, run_id: str) -> None:
        """Remove what a failed run left, as it was repeated."""
        if not (self.root / FAILED).is_symlink():
            remove(self.root / FAILED / run_id)

    def again(self, manifest: Manifest) -> Manifest:
        """Let index and latest point at a run that is in place already."""
        renewed = replace(manifest, number=self._next())
        renewed.write(self.root / manifest.run_id)
        self.settle()
        return renewed

    def fail(self, folder: Path, manifest: Manifest, error: Mapping[str, str]) -> Path | None:
        """Put a failed run aside for the analyst, without any page that looks finished.

        Gives None where nothing is to be put aside: the run was in its place already when it was stopped,
        and what is left is at most the old run that it replaced.
        """
        existing = _manifest(folder)
        if not folder.exists() or (existing is not None and existing.state == "published"):
            remove(folder)
            return None
        failed = replace(manifest, state="failed", finished_at=now(), error=error)
        for kind in FINISHED:
            for page in folder.glob(kind):
                remove(page)
        place = self.root / FAILED / manifest.run_id
        try:
            _rebase(folder, folder.as_posix(), place)
            failed.write(folder)
        except WriteError:  # the disk is full, so that is why the run failed
            shutil.rmtree(folder / DATA, ignore_errors=True)
            with contextlib.suppress(WriteError):
                failed.write(folder)
        self._put_aside(folder, place)
        return place

    def _put_aside(self, folder: Path, place: Path) -> None:
        """Move a run among the failed ones, in place of an earlier one of its name."""
        with writing(place):
            if place.parent.is_symlink():
                raise WriteError("write.no_folder", {"path": str(place.parent)})
            place.parent.mkdir(exist_ok=True)
        remove(place)
        with writing(place):
            folder.rename(place)

    def drop(self, folder: Path) -> None:
        """Forget a run that was refused before it began."""
        remove(folder)

    def mend(self) -> None:
        """Repair what a killed run left; the caller holds the lock."""
        with writing(self.root):
            restore_folders(self.root, RUN_ID)
            clear_parts(self.root)
        self.give_up("run.killed")
        self.settle()

    def give_up(self, key: str) -> None:
        """Put runs that were not finished among the failed ones; `key` is the catalogue's reason."""
        for entry in self.unfinished():
            if entry.manifest is not None:
                self.fail(entry.folder, entry.manifest, {lang: text(key, lang) for lang in LANGUAGES})
            elif os.path.lexists(entry.folder / FILE):  # a record that cannot be read lets nothing be removed
                self._put_aside(entry.folder, self.root / FAILED / entry.run_id)
            else:  # not even planned
                remove(entry.folder)

    def published(self) -> list[Entry]:
        """Runs in place, by name; damaged ones too."""
        return self._entries(path for path in self.root.glob("*") if RUN_ID.fullmatch(path.name))

    def records(self) -> list[Manifest]:
        """Records of the runs in place, but for damaged ones."""
        return [entry.manifest for entry in self.published() if entry.manifest]

    def latest(self) -> Manifest | None:
        """Give the run that was published last; see `site.latest`."""
        return site.latest(self.records())

    def find(self, run_id: str) -> Entry | None:
        """Find a run by its name, or the `LATEST`; None if there is none."""
        if run_id == LATEST:
            newest = self.latest()
            run_id = newest.run_id if newest else run_id
        entries = (*self.published(), *self.failed(), *self.unfinished())
        return next((entry for entry in entries if entry.run_id == run_id), None)

    def failed(self) -> list[Entry]:
        """Failed runs, by name; none behind a link, which leads to what is not ours."""
        place = self.root / FAILED
        entries = self._entries(() if place.is_symlink() else place.glob("[!.]*"))
        return [
            replace(entry, manifest=entry.manifest and replace(entry.manifest, state="failed"))
            for entry in entries
        ]

    def unfinished(self) -> list[Entry]:
        """Runs that are being made, or were when their process was killed."""
        entries = self._entries(self.root.glob(f"{BUILDING}*"))
        return [
            entry for entry in entries if RUN_ID.fullmatch(entry.run_id) and not entry.folder.is_symlink()
        ]

    def _next(self) -> int:
        return 1 + max((run.number for run in self.records()), default=0)

    def _entries(self, folders: Iterable[Path]) -> list[Entry]:
        return [Entry(folder, _manifest(folder)) for folder in sorted(folders)]


def _list(root: Path, runs: Iterable[Manifest]) -> None:
    """Write the index of a folder: the list of the city's runs, or the ranking of all areas."""
    if root.name == site.AREAS:
        area_overview.write(root, runs)
    else:
        site.write(root, runs)


def _question(manifest: Manifest) -> tuple[Mapping[str, Any], str]:
    return manifest.spec, manifest.lang


def _manifest(folder: Path) -> Manifest | None:
    """Read a run's record; None behind a link, as runs are written to and removed."""
    try:
        if folder.is_symlink():
            return None
        manifest = Manifest.read(folder)
    except (OSError, ValueError):
        return None
    return manifest if manifest.run_id == folder.name.removeprefix(BUILDING) else None


def _rebase(folder: Path, made_in: str, place: Path) -> None:
    """Replace the folder's old path in its executed notebooks by the path to which it moves."""
    if (folder / NOTEBOOKS).is_symlink():
        return
    old, new = (json.dumps(folder, ensure_ascii=False)[1:-1] for folder in (made_in, place.as_posix()))
    for path in sorted(folder.glob(f"{NOTEBOOKS}/*.ipynb")):
        content = path.read_text(encoding="utf-8")
        updated = content.replace(old, new)
        if updated != content:
            replace_file(path, updated)


@dataclass(frozen=True, slots=True)
class PruneResult:
    """Runs that were removed, and those that stay as their record cannot be read."""

    removed: tuple[Entry, ...]
    unreadable: tuple[Entry, ...]


def prune(store: Store, keep: int | None = None, *, damaged: bool = False) -> PruneResult:
    """Remove failed runs, and good ones beyond the `keep` latest of each area and year.

    The run that latest points at stays.  A run whose record cannot be read stays too, unless `damaged`:
    nobody knows how it went.  Index and latest forget a run before it is removed.
    """
    published, failed = _folders(store.published()), _folders(store.failed())
    unreadable = tuple(entry for entry in (*published, *failed) if not entry.manifest)
    surplus = _surplus(published, keep) if keep is not None else []
    removed = (*(unreadable if damaged else ()), *surplus, *(entry for entry in failed if entry.manifest))
    store.leave_out(removed)
    for entry in removed:
        remove(entry.folder)
    store.settle()  # failed ones stood on the page over all areas
    return PruneResult(removed, () if damaged else unreadable)


def _folders(entries: Iterable[Entry]) -> list[Entry]:
    return [
        entry
        for entry in entries
        if RUN_ID.fullmatch(entry.folder.name) and entry.folder.is_dir() and not entry.folder.is_symlink()
    ]


def _surplus(runs: Iterable[Entry], keep: int) -> list[Entry]:
    entries = [(entry, entry.manifest) for entry in runs if entry.manifest]
    latest = site.latest([manifest for _, manifest in entries])
    newest_first = sorted(entries, key=lambda pair: pair[1].number, reverse=True)
    counts: Counter[tuple[str, ...]] = Counter()
    surplus = []
    for entry, manifest in newest_first:
        kind = tuple(str(manifest.spec[name]) for name in QUESTION)
        counts[kind] += 1
        if counts[kind] > keep and manifest is not latest:
            surplus.append(entry)
    return surplus
