"""Tables in Parquet, read in a process of their own with limits.

The library that reads them ends its process, or never comes to an end, at some damaged files.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.base.incoming import content, refusal

MOST_BYTES: Final = 100_000_000  # what GitHub takes of one file, and so hubs
MOST_ROWS: Final = 3_000_000
PROCESSOR_SECONDS: Final = 10  # a million rows take two or three, three million seven
MEMORY: Final = 1_000_000_000  # bytes; a million rows take 270 MB, three million 620 MB
_SECONDS: Final = 60
_TOO_LONG: Final = getattr(signal, "SIGXCPU", 24)
_LIMITS: Final = {"seconds": PROCESSOR_SECONDS, "gigabytes": MEMORY // 1_000_000_000}
_DAMAGED: Final = {"key": "hub.expect.parquet"}
_BEYOND: Final = {"key": "hub.expect.smaller_parquet", "facts": _LIMITS}


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A column: its distinct texts, the last of them "" for what is missing, and the number of each row's."""

    name: str
    texts: Sequence[str]
    codes: NDArray[np.int32]


def columns(path: Path, name: str) -> list[Coded]:
    """Read the columns of a file; `name` is what messages call it.

    Raises
    ------
    DataError
        If it is missing, too large, damaged or empty, holds lists in its cells, or there is no library.
    """
    if importlib.util.find_spec("fastparquet") is None:
        raise refusal(name, "hub.expect.parquet_reader")
    answer, codes = _read_in_process(content(path, most=MOST_BYTES, name=name))
    if "key" in answer:
        raise refusal(name, answer["key"], **answer.get("facts", {}))
    rows = np.frombuffer(codes, dtype=np.int32).reshape(len(answer["columns"]), -1)
    return [
        Coded(column, texts, own)
        for (column, texts), own in zip(answer["columns"].items(), rows, strict=True)
    ]


def _read_in_process(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Read the bytes in a process of its own; see `main`."""
    command = [sys.executable, "-m", "forecast.hub.parquet", str(MEMORY)]
    alone = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")  # each thread takes memory
    try:
        done = subprocess.run(  # noqa: S603
            command, input=data, capture_output=True, timeout=_SECONDS, check=False, env=os.environ | alone
        )
    except subprocess.TimeoutExpired:
        return _BEYOND, b""
    if done.returncode:
        return _BEYOND if done.returncode == -_TOO_LONG else _DAMAGED, b""
    head, _, codes = done.stdout.partition(b"\n")
    return json.loads(head), codes


def answered(data: bytes) -> tuple[dict[str, Any], list[NDArray[np.int32]]]:
    """Read a file's bytes: texts by column and their codes, or the ``key`` and ``facts`` of a refusal."""
    from fastparquet import ParquetFile

    try:
        file = ParquetFile(io.BytesIO(data))
        if file.count() > MOST_ROWS:
            return {"key": "hub.expect.fewer_rows", "facts": {"found": file.count(), "most": MOST_ROWS}}, []
        if not file.count() or not file.columns:
            return {"key": "expect.not_empty"}, []
        # One column at a time takes a fifth of the memory of all at once.
        coded = {
            str(name): _coded(file.to_pandas(columns=[name], index=False)[name]) for name in file.columns
        }
    except MemoryError:
        return _BEYOND, []
    except Exception:  # noqa: BLE001 - the library stumbles over damaged files in many ways
        return _DAMAGED, []
    return {"columns": {name: texts for name, (texts, _) in coded.items()}}, [c for _, c in coded.values()]


def _coded(column: pd.Series) -> tuple[list[str], NDArray[np.int32]]:
    codes, values = pd.factorize(column, use_na_sentinel=True)
    texts = [*(_text(value) for value in values), ""]
    return texts, np.where(codes < 0, len(values), codes).astype(np.int32)


def _text(value: Any) -> str:
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d" if value == value.normalize() else "%Y-%m-%dT%H:%M:%S")
    if isinstance(value, bool | np.bool_):
        return "TRUE" if value else "FALSE"
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return repr(float(value)) if isinstance(value, float | np.floating) else str(value)


def main() -> None:
    """Answer about the file on the standard input: a line of JSON, then the codes of all columns."""
    out = os.dup(1)
    os.dup2(2, 1)  # what the library prints is no part of the answer
    importlib.import_module("fastparquet")  # before the limits, at which it would not load
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS + 1))
        resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
    try:
        head, codes = answered(sys.stdin.buffer.read())
        line = json.dumps(head)
    except MemoryError:
        line, codes = json.dumps(_BEYOND), []
    with os.fdopen(out, "wb") as handle:
        handle.write(line.encode("ascii") + b"\n")
        handle.writelines(part.tobytes() for part in codes)


if __name__ == "__main__":
    main()
