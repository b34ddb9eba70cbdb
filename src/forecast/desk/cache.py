"""Cache answers in memory, and small tables on disk, by a hash of everything that they depend on.

As a changed figure changes the key, no entry is ever out of date.  On disk the key also holds a hash of the
code and of the versions of packages.
"""

import contextlib
import datetime as dt
import hashlib
import io
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar, cast
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from forecast.base.disk import replace_file
from forecast.base.errors import WriteError
from forecast.data.tables import DAY_DTYPE
from forecast.runs.manifest import code_hash, versions

T = TypeVar("T")
Part = str | int | dt.date | pd.DataFrame

# How many answers of a kind are kept; draws take some 40 MB each.
MOST_ANSWERS: Final = {"posterior": 3, "vintages": 3, "known": 24, "past": 24}
MOST_ANSWERS_OF_OTHER_KINDS: Final = 12


class Memory:
    """A cache in memory that keeps the most recently used answers of each kind."""

    def __init__(self) -> None:
        self._answers: dict[str, OrderedDict[str, Any]] = {}

    def get(self, kind: str, key: str, make: Callable[[], T]) -> T:
        """Give the answer of a key; make it if it is not there."""
        answers = self._answers.setdefault(kind, OrderedDict())
        if key not in answers:
            answer = make()
            answers[key] = answer
            while len(answers) > MOST_ANSWERS.get(kind, MOST_ANSWERS_OF_OTHER_KINDS):
                answers.popitem(last=False)
        answers.move_to_end(key)
        return cast("T", answers[key])

    def clear(self) -> None:
        """Forget everything."""
        self._answers.clear()


def digest(*parts: Part) -> str:
    """Hash texts, numbers, days and tables by their content.

    Examples
    --------
    >>> digest("a", 1) == digest("a", 1), digest("a", 1) == digest("a1")
    (True, False)
    """
    hasher = hashlib.sha256()
    for part in parts:
        if isinstance(part, pd.DataFrame):
            heads = [f"{name}:{part[name].dtype}" for name in part.columns]
            hasher.update("|".join(heads).encode())
            hasher.update(pd.util.hash_pandas_object(part, index=False).to_numpy().tobytes())
        else:
            hasher.update(repr(part).encode())
        hasher.update(b"\0")
    return hasher.hexdigest()


@cache
def of_code() -> str:
    """Hash this package and name the versions that its figures depend on."""
    return digest(code_hash(), repr(sorted(versions().items())))


class Shelf:
    """A cache of tables on disk, one file for each key; it stays empty if it cannot be written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Give the table of a key; make and store it if it is not there."""
        path = self.folder / f"{digest(of_code(), key)}.npz"
        if path.is_file():
            with contextlib.suppress(
                OSError, ValueError, KeyError, EOFError, BadZipFile
            ):  # torn, or another's
                return _unpacked(path.read_bytes())
        table = make()
        with contextlib.suppress(OSError, WriteError):
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, _packed(table))
        return table


def _packed(frame: pd.DataFrame) -> bytes:
    """Write columns of text as codes and names, days as text, numbers as they are; no pickle."""
    arrays: dict[str, Any] = {"columns": np.array(list(frame.columns), dtype=str)}
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_datetime64_any_dtype(column):
            arrays[f"day {name}"] = column.to_numpy().astype(DAY_DTYPE).astype("int64")
        elif pd.api.types.is_numeric_dtype(column):
            arrays[f"number {name}"] = column.to_numpy()
        else:
            codes, names = pd.factorize(column.astype(object))
            arrays[f"codes {name}"] = codes.astype("int32")
            arrays[f"names {name}"] = np.array([str(value) for value in names], dtype=str)
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def _unpacked(content: bytes) -> pd.DataFrame:
    arrays = np.load(io.BytesIO(content), allow_pickle=False)
    columns: dict[str, Any] = {}
    for name in arrays["columns"].tolist():
        if f"day {name}" in arrays:
            columns[name] = pd.Series(arrays[f"day {name}"].astype(DAY_DTYPE))
        elif f"number {name}" in arrays:
            columns[name] = arrays[f"number {name}"]
        else:
            names = arrays[f"names {name}"].astype(object)
            columns[name] = pd.Series(names[arrays[f"codes {name}"]])
    return pd.DataFrame(columns)
