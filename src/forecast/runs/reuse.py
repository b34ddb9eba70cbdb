"""What earlier attempts left that need not be done again: the tables of a result, and executed notebooks.

A thing is taken over only if all that could have made it another is the same, and only as it was left;
what was altered since, or cannot be read, is made anew.  What stands in a key:

tables
    The question (spec), each file of the data, the project's own code, the versions of Python and packages,
    and which report came before, as the result tells what changed since.
notebook
    The notebook's file and its parameters, the tables as they stand on disk, data, code and versions as
    above; and, where its cells use ``run_dir`` for more than to open the result, what else lies there to be
    read: the run's name, the commit, and the other notebooks.

Pages are written and checked anew in any case: that takes little, and no attempt that failed has left any.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import nbformat
from nbformat import NotebookNode

from forecast.answer.result import SPEC_FILE, table_names
from forecast.runs.manifest import Manifest, Trace
from forecast.runs.plan import Job

RESULT: Final = "result"  # the trace of the tables, among those of notebooks
NOTEBOOKS: Final = "notebooks"
_PLACES: Final = frozenset({"data_dir", "run_dir"})  # parameters that say where, not what


@dataclass(frozen=True, slots=True)
class Earlier:
    """Attempts at the same question, in which to look; each a folder with its record."""

    attempts: Sequence[tuple[Path, Manifest]] = ()

    def tables(self, key: str, folder: Path) -> str:
        """Copy the tables of a result into `folder` and give their digest; ``""`` if no attempt has them."""
        for place, trace in self._found(RESULT, key):
            content = _content(place)
            if content is not None and _digest(content) == trace.digest:
                for name, each in content.items():
                    (folder / name).write_bytes(each)
                return trace.digest
        return ""

    def notebook(self, name: str, key: str, folder: Path) -> NotebookNode | None:
        """Give an executed notebook, as if it had been executed in `folder`; None if no attempt has it."""
        for place, trace in self._found(name, key):
            try:
                text = (place / NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8")
            except (OSError, ValueError):
                continue
            if digest_of(text, place) == trace.digest:
                moved = rebased(text, place.as_posix(), folder.as_posix())
                notebook: NotebookNode = nbformat.reads(moved, as_version=4)
                return notebook
        return None

    def _found(self, name: str, key: str) -> Iterator[tuple[Path, Trace]]:
        for place, manifest in self.attempts:
            trace = manifest.traces.get(name)
            if trace is not None and trace.key == key:
                yield place, trace


def key_of_tables(manifest: Manifest, previous: Path | None) -> str:
    """Key of the tables that a run computes, `previous` being the folder of the report before it."""
    return _hash([manifest.spec, _grounds(manifest), previous.name if previous else ""])


def key_of_notebook(job: Job, manifest: Manifest, tables: str) -> str:
    """Key of a notebook that a run executes on the tables of this digest."""
    given = {name: value for name, value in job.given.items() if name not in _PLACES}
    inputs = manifest.inputs
    about: list[Any] = [
        job.name,
        inputs.notebooks[f"{job.kind.stem}.ipynb"],
        given,
        tables,
        _grounds(manifest),
    ]
    if reads_the_run(job.notebook):
        about += [manifest.run_id, manifest.commit, manifest.dirty, dict(inputs.notebooks)]
    return _hash(about)


def reads_the_run(notebook: NotebookNode) -> bool:
    """Whether cells use ``run_dir`` otherwise than as the argument of that name of ``open_result``.

    What cannot be parsed may do anything.
    """
    try:
        cells = [ast.parse(cell.source) for cell in notebook.cells if cell.cell_type == "code"]
    except SyntaxError:
        return True
    nodes = [node for cell in cells for node in ast.walk(cell)]
    opening = {
        id(argument.value)
        for node in nodes
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "open_result"
        for argument in node.keywords
        if argument.arg == "run_dir"
    }
    reading = (node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    return any(node.id == "run_dir" and id(node) not in opening for node in reading)


def digest_of_tables(folder: Path) -> str:
    """Digest of the tables of a result on disk.

    Raises
    ------
    OSError
        If one cannot be read.
    """
    return _digest({name: (folder / name).read_bytes() for name in _files()})


def digest_of(text: str, folder: Path) -> str:
    """Digest of an executed notebook, wherever its folder lies."""
    return hashlib.sha256(rebased(text, folder.as_posix(), "").encode()).hexdigest()


def rebased(text: str, folder: str, place: str) -> str:
    """Let a notebook that was executed in `folder` name another place."""
    old, new = (json.dumps(path, ensure_ascii=False)[1:-1] for path in (folder, place))
    return text.replace(old, new)


def _grounds(manifest: Manifest) -> list[Any]:
    inputs = manifest.inputs
    return [dict(inputs.data), inputs.code, dict(inputs.versions)]


def _files() -> list[str]:
    return [SPEC_FILE, *(f"{name}.csv" for name in table_names())]


def _content(folder: Path) -> dict[str, bytes] | None:
    try:
        return {name: (folder / name).read_bytes() for name in _files()}
    except OSError:
        return None


def _digest(content: Mapping[str, bytes]) -> str:
    return _hash([[name, hashlib.sha256(each).hexdigest()] for name, each in content.items()])


def _hash(told: list[Any]) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
