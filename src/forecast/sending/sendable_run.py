"""Choose the run that may be sent, and read its files for the letters."""

import datetime as dt
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from forecast.answer.result import Result
from forecast.base.errors import DataError, SpecError
from forecast.base.incoming import MOST_RECORD, content
from forecast.base.labels import Phrase
from forecast.data.issuer import Issuer
from forecast.pages import report
from forecast.runs import site
from forecast.runs.manifest import Manifest
from forecast.runs.store import LATEST, Entry, Store

STALE_DAYS: Final = 45
MEETING: Final = f"{site.FRONT_PAGE}.html"
PAPER: Final = f"{site.FRONT_PAGE}.pdf"


Files = Mapping[str, Mapping[str, bytes]]  # by kind and name


@dataclass(frozen=True, slots=True)
class SendableRun:
    """A run that may be sent."""

    # manifest, result: its record, and what it has found
    manifest: Manifest
    result: Result
    files: Files  # its files by kind (html, pdf, xlsx, docx) and name
    # names of files beside them that the run has not made, and that therefore stay
    unlisted: tuple[str, ...] = ()
    # the same of the runs that answer the same question from the same data in another language
    others: Mapping[str, Files] = field(default_factory=dict)
    issuer: Issuer = field(default_factory=Issuer)  # who signs

    def edition(self, lang: str) -> tuple[str, Files]:
        """Give the files in a reader's language if there are any, else the run's own, and their language."""
        return (lang, self.others[lang]) if lang in self.others else (self.manifest.lang, self.files)


def choose(store: Store, run: str, *, today: dt.date, stale_days: int | None) -> SendableRun:
    """Find a run and check that leaders may get it.

    `today`: the day of sending; `stale_days`: the oldest that its figures may be; None for any age. Raises
    SpecError if there is no such run, or it is failed, unfinished, damaged, forced or stale; with all that
    holds.
    """
    entry = _entry(store, run)
    manifest = entry.manifest
    if manifest is None or manifest.state != "published":
        state = "damaged" if manifest is None else "failed" if manifest.state == "failed" else "unfinished"
        raise _refusal(entry.run_id, [Phrase(f"send.not.{state}", {"files": "manifest.json"})])
    reasons = list(_objections(manifest, today, stale_days))
    content, wrong = _contents(entry.folder, manifest)
    if wrong:
        reasons.append(Phrase("send.not.damaged", {"files": wrong}))
    if reasons:
        raise _refusal(entry.run_id, reasons)
    try:
        result = Result.read(entry.folder)
    except FileNotFoundError as error:
        file = Path(str(error.filename)).name
        raise _refusal(entry.run_id, [Phrase("send.not.other_version", {"file": file})]) from error
    content["pdf"].update(_pdf(entry.folder, manifest))
    return SendableRun(
        manifest,
        result,
        content,
        _unlisted(entry.folder, [*manifest.outputs, *content["pdf"]]),
        _other_languages(store, manifest),
        report.issuer(str(entry.folder)),
    )


def _other_languages(store: Store, manifest: Manifest) -> dict[str, Files]:
    """Read the newest run of the same report in each other language; damaged ones are left out."""
    editions: dict[str, Files] = {}
    for entry in sorted(store.published(), key=lambda one: -one.manifest.number if one.manifest else 0):
        other = entry.manifest
        if other is None or other.lang in (manifest.lang, *editions):
            continue
        if other.spec != manifest.spec or other.inputs.data != manifest.inputs.data:
            continue
        content, wrong = _contents(entry.folder, other)
        if not wrong:
            content["pdf"].update(_pdf(entry.folder, other))
            editions[other.lang] = content
    return editions


def _entry(store: Store, run: str) -> Entry:
    entry = store.find(run)
    if entry is not None:
        return entry
    if run == LATEST:
        raise SpecError("send.no_run", {"folder": str(store.root)})
    raise SpecError("send.unknown_run", {"run_id": run, "folder": str(store.root)})


def _objections(manifest: Manifest, today: dt.date, stale_days: int | None) -> Iterator[Phrase]:
    as_of = dt.date.fromisoformat(manifest.spec["as_of"])
    age = (today - as_of).days
    if manifest.spec["force"]:
        yield Phrase("send.not.forced")
    if stale_days is not None and age > stale_days:
        yield Phrase("send.not.stale", {"as_of": as_of, "age": age, "most": stale_days})


def _contents(folder: Path, manifest: Manifest) -> tuple[dict[str, dict[str, bytes]], list[str]]:
    """Read the files to attach, and list the run's files that have changed since it was made.

    The bytes that are hashed are the ones that are attached, so that no change in between goes out.
    """
    files: dict[str, dict[str, bytes]] = {"html": {}, "pdf": {}, "xlsx": {}, "docx": {}}
    wrong = []
    for name, digest in manifest.outputs.items():
        try:
            data = content(folder / name, most=MOST_RECORD)
        except DataError:
            wrong.append(name)
            continue
        if hashlib.sha256(data).hexdigest() != digest:
            wrong.append(name)
        kind = _kind(name)
        if kind:
            files[kind][name] = data
    return files, wrong


def _pdf(folder: Path, manifest: Manifest) -> dict[str, bytes]:
    """Read the PDF that was printed after the run was published, and so has no recorded hash.

    It must be a PDF, and no older than the page.
    """
    place = folder / PAPER
    if PAPER in manifest.outputs or not place.is_file():
        return {}
    data = place.read_bytes()
    fresh = place.stat().st_mtime >= (folder / MEETING).stat().st_mtime
    return {PAPER: data} if fresh and data.startswith(b"%PDF") else {}


def _unlisted(folder: Path, known: Collection[str]) -> tuple[str, ...]:
    return tuple(
        name for name in sorted(path.name for path in folder.iterdir()) if _kind(name) and name not in known
    )


def _kind(name: str) -> str:
    if name in {MEETING, PAPER}:
        return name.rpartition(".")[2]
    ending = name.rpartition(".")[2]
    return ending if ending in ("xlsx", "docx") and "/" not in name else ""


def _refusal(run_id: str, reasons: Sequence[Phrase]) -> SpecError:
    return SpecError("send.not_sendable", {"run_id": run_id, "reasons": tuple(reasons)})
