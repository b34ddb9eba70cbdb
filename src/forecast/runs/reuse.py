"""Reuse the tables of a result that an earlier attempt at the same run has computed.

They are copied only if everything that they depend on is the same (question, data, code, versions of Python
and packages, and the report before, as the result lists changes since), and if they are unchanged on disk.
Notebooks are executed again: they take half as long as the tables, and what their cells read is not tracked.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from forecast.answer.result import SPEC_FILE, table_names
from forecast.runs.manifest import Manifest

RESULT: Final = "result"  # the trace of the tables


def tables(attempts: Iterable[tuple[Path, Manifest]], key: str, folder: Path) -> str:
    """Copy the tables of a result into `folder` and give their digest; ``""`` if no attempt has them."""
    for place, manifest in attempts:
        trace = manifest.traces.get(RESULT)
        if trace is None or trace.key != key:
            continue
        try:
            content = _content(place)
        except OSError:
            continue
        if _digest(content) == trace.digest:
            for name, data in content.items():
                (folder / name).write_bytes(data)
            return trace.digest
    return ""


def key_of_tables(manifest: Manifest, previous: Path | None) -> str:
    """Key of the tables that a run computes, `previous` being the folder of the report before it."""
    inputs = manifest.inputs
    grounds = [dict(inputs.data), inputs.code, dict(inputs.versions)]
    return _hash([manifest.spec, grounds, previous.name if previous else ""])


def digest_of_tables(folder: Path) -> str:
    """Digest of the tables of a result on disk; raises OSError if one cannot be read."""
    return _digest(_content(folder))


def _content(folder: Path) -> dict[str, bytes]:
    names = [SPEC_FILE, *(f"{name}.csv" for name in table_names())]
    return {name: (folder / name).read_bytes() for name in names}


def _digest(content: Mapping[str, bytes]) -> str:
    return _hash([[name, hashlib.sha256(data).hexdigest()] for name, data in content.items()])


def _hash(values: list[Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
