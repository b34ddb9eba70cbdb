"""The record of a run: its question, its inputs, its outputs, its state.

What follows from question and inputs alone is kept apart from what differs between runs (times, user,
machine, state), so that two records can be compared.
"""

import contextlib
import datetime as dt
import getpass
import hashlib
import json
import math
import platform
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any, Final, Literal, Self, get_args

from forecast.base.disk import replace_file
from forecast.base.incoming import record_of
from forecast.base.labels import LANGUAGES
from forecast.base.spelling import slug
from forecast.runs.files import sha256

FILE: Final = "manifest.json"
FORMAT: Final = 1
GIT_SECONDS: Final = 10.0  # so long may git take to answer
State = Literal["planned", "running", "failed", "good", "published"]
RUN_ID: Final = re.compile(r"\d{4}-\d{2}-\d{2}_[A-Z]+_[a-z0-9-]+_\d{4}_[0-9a-f]{8}")
PACKAGES: Final = (
    *("numpy", "pandas", "scipy", "statsmodels", "scikit-learn", "matplotlib", "jinja2"),
    *("papermill", "nbclient", "nbconvert", "nbformat", "ipykernel", "ipython"),
)
_SPEC: Final = {"index_code": str, "area": str, "target_year": int, "as_of": str, "force": bool}
CODE_TYPES: Final = frozenset({".py", ".toml", ".j2", ".css", ".json"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a run is made from: SHA-256 of each file, and versions."""

    data: Mapping[str, str]
    notebooks: Mapping[str, str]
    code: str
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check before publishing."""

    name: str
    good: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """A hash of what a part of a run is made from, and one of its result; see `forecast.runs.reuse`."""

    key: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Record of one run; `volatile` names the fields that another of the same inputs may have otherwise."""

    run_id: str  # see `run_id_of`
    # spec, lang: what was asked
    spec: Mapping[str, Any]
    lang: str
    inputs: Inputs
    pages: tuple[str, ...] = ()  # names of the pages, in the order of reading
    # SHA-256 by path inside the run's folder, of what depends on spec and inputs alone
    outputs: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()  # what was looked at before publishing
    # figures of the total and the rank, for the list of reports
    headline: Mapping[str, float] = field(default_factory=dict)
    state: State = "planned"  # planned, running, failed, good (checked, not yet in place) or published
    number: int = 0  # grows with each publication, whatever the clock says; 0 before
    started_at: str = ""
    finished_at: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)  # by step and page
    # by page, of what another attempt need not do again
    traces: Mapping[str, Trace] = field(default_factory=dict)
    workers: int = 1
    user: str = ""
    machine: str = ""
    executable: str = ""
    commit: str = "unknown"
    dirty: bool = False
    error: Mapping[str, str] = field(default_factory=dict)  # why the run failed, in both languages

    volatile = (
        *("state", "number", "started_at", "finished_at", "seconds", "traces", "workers"),
        *("user", "machine", "executable", "commit", "dirty", "error"),
    )

    def as_json(self) -> str:
        """Write the record; what is volatile stands by itself."""
        values = asdict(self)
        volatile = {name: values.pop(name) for name in self.volatile}
        whole = {"format": FORMAT, **values, "volatile": volatile}
        return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"

    def holds(self, folder: Path) -> bool:
        """Whether a folder has every output unchanged."""
        try:
            return all(sha256(folder / name) == digest for name, digest in self.outputs.items())
        except OSError:
            return False

    def write(self, folder: Path) -> None:
        """Write the record into the run's folder, replacing it in one step."""
        replace_file(folder / FILE, self.as_json())

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read a record.

        Raises OSError if there is none; ValueError if it is damaged or of another format.
        """
        stored = record_of(folder / FILE)
        try:
            if stored.pop("format") != FORMAT:
                raise ValueError("another format")
            flat = {**stored, **stored.pop("volatile")}
            flat["inputs"] = Inputs(**flat["inputs"])
            flat["checks"] = tuple(Check(**check) for check in flat["checks"])
            flat["pages"] = tuple(flat["pages"])
            # Records of earlier versions have none.
            flat["traces"] = {name: Trace(**trace) for name, trace in flat.get("traces", {}).items()}
            manifest = cls(**{field.name: flat[field.name] for field in fields(cls)})
            _check_fields(manifest)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{folder / FILE}: {error!r}") from error
        return manifest


def _check_fields(record: Manifest) -> None:
    """Check the fields that other code relies on, so that a damaged record is found when it is read.

    Raises KeyError, TypeError or AttributeError if something is missing or of another kind.
    """
    odd = [name for name, kind in _SPEC.items() if type(record.spec[name]) is not kind]
    if odd or record.state not in get_args(State) or type(record.number) is not int:
        raise KeyError(*odd, record.state, record.number)
    if record.lang not in LANGUAGES:
        raise KeyError(record.lang)
    dt.date.fromisoformat(record.spec["as_of"])
    if not RUN_ID.fullmatch(record.run_id):  # it becomes the name of a folder, and a link
        raise KeyError(record.run_id)
    if not math.isfinite(sum(record.seconds.values())):
        raise KeyError(record.seconds)
    names = (*record.pages, *record.outputs, *record.outputs.values(), *record.error.values())
    if not all(isinstance(name, str) for name in names):
        raise KeyError(*names)
    for name in record.outputs:  # it is read, and sent
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\0" in name:
            raise KeyError(name)


def inputs_of(data: Mapping[str, bytes], notebooks: Mapping[str, bytes]) -> Inputs:
    """Hash what a run will be made from; files by name."""
    return Inputs(
        data={name: hashlib.sha256(data[name]).hexdigest() for name in sorted(data)},
        notebooks={name: hashlib.sha256(notebooks[name]).hexdigest() for name in sorted(notebooks)},
        code=code_hash(),
        versions=versions(),
    )


def run_id_of(spec: Mapping[str, Any], lang: str, inputs: Inputs) -> str:
    """Name a run after what it is asked and what it is made from; the same again gives the same name.

    The name reads ``<as_of>_<index>_<area>_<year>_<8 digits of a hash>`` and is plain ASCII.
    """
    whole = json.dumps([spec, lang, asdict(inputs)], sort_keys=True, ensure_ascii=True)
    digits = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{spec['as_of']}_{spec['index_code']}_{slug(spec['area'])}_{spec['target_year']}_{digits}"


def code_hash() -> str:
    """Hash the package's own files: code, catalogue, template."""
    root = Path(__file__).parents[1]
    whole = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.suffix in CODE_TYPES and "__pycache__" not in path.parts:
            whole.update(f"{path.relative_to(root).as_posix()}\0{sha256(path)}\n".encode())
    return whole.hexdigest()


def versions() -> dict[str, str]:
    """Give the versions of Python and of the packages that figures and pages depend on."""
    by_package = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            by_package[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            by_package[package] = ""
    return by_package


@cache
def made_with() -> dict[str, str]:
    """Give the versions that must agree in two processes whose runs are to have the same bytes."""
    others = {"code": code_hash()[:12]}
    for package in ("dask", "distributed"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            others[package] = metadata.version(package)
    return versions() | others


def circumstances() -> dict[str, Any]:
    """Give user, machine, time and commit of a run: the volatile part of a new record."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # no name in this container
        user = ""
    commit, dirty = _commit(Path(__file__).parent)
    return {
        "started_at": now(),
        "user": user,
        "machine": f"{platform.system()} {platform.release()} {platform.machine()}",
        "executable": sys.executable,
        "commit": commit,
        "dirty": dirty,
    }


def now() -> str:
    """Give the time with its zone."""
    return dt.datetime.now().astimezone().isoformat(timespec="seconds")


def _commit(folder: Path) -> tuple[str, bool]:
    try:
        return _git(folder, "rev-parse", "HEAD"), _has_changes(folder)
    except (OSError, subprocess.SubprocessError):
        return "unknown", False


def _has_changes(folder: Path) -> bool:
    """Whether files differ from the commit; outputs of notebooks do not count.

    The git filter that strips them is slow, and git may run it on every notebook after a checkout, so it is
    used only if files differ without it.
    """
    names = ("diff", "--name-only", "HEAD")  # "git status" calls a file changed by its size alone
    if not _git(folder, "-c", "filter.notebook.clean=", *names):
        return False
    try:
        return bool(_git(folder, *names))
    except subprocess.TimeoutExpired:
        return True


def _git(folder: Path, *words: str) -> str:
    process = subprocess.run(  # noqa: S603 -- fixed words
        ["git", "-C", str(folder), *words],  # noqa: S607 -- git is where the user has it
        capture_output=True,
        check=True,
        encoding="utf-8",
        timeout=GIT_SECONDS,
    )
    return process.stdout.strip()
