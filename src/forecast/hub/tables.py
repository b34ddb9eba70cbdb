"""Read and write tables of a hub, in CSV or Parquet, as text in categorical columns."""

import contextlib
import csv
import io
import math
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from forecast.base.arrays import Floats
from forecast.base.disk import replacing
from forecast.base.errors import DataError, Problem
from forecast.base.incoming import content, refusal, text
from forecast.hub import parquet

MOST_LISTED: Final = 20  # bad rows of a file that are listed one by one
HEAD: Final = 2  # the first row below the header, as an editor counts
_MISSING: Final = ("NA", "NaN", "nan", "None", "null")


def read(path: Path, name: str) -> pd.DataFrame:
    """Read a table; `name` is what messages call it.

    Gives columns of categories that are text; what is missing (empty or NA) is "".

    Raises DataError if it is too large, no text, torn or in a format that cannot be read here.
    """
    return _parquet(path, name) if path.suffix == ".parquet" else _csv(path, name)


def numbers(column: pd.Series) -> Floats:
    """Read a column of text as numbers; NaN where it is none, or not finite."""
    values = np.array([_number(text) for text in column.cat.categories] or [math.nan], dtype=float)
    return np.asarray(values[column.cat.codes], dtype=float)


def spelled_number(text_: str) -> str:
    """Write a number in one way, so that 0.010, 1e-2 and 0.01 are equal; other text stays.

    >>> [spelled_number(each) for each in ("0.010", "1e-2", "3.0", "01", "US")]
    ['0.01', '0.01', '3', '1', 'US']
    """
    value = _number(text_)
    if math.isnan(value):
        return text_
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.12g}"


def write_csv(frame: pd.DataFrame) -> str:
    """Write a table as hubs do: commas, NA for what is missing."""
    return str(frame.to_csv(index=False, na_rep="NA", lineterminator="\n"))


def write_parquet(path: Path, frame: pd.DataFrame) -> None:
    """Write a table of text and numbers as Parquet.

    Raises DataError if there is no library for it; WriteError if it cannot be written; what stood there
    before stays.
    """
    try:
        import fastparquet
    except ImportError:
        raise refusal(path.name, "hub.expect.parquet_reader") from None
    text = [name for name in frame if name != "value"]
    whole = frame.astype(dict.fromkeys(text, object)).reset_index(drop=True)
    with replacing(path) as handle:
        kept_open = lambda *_: contextlib.nullcontext(handle)  # noqa: E731 - the library would close it
        coded = dict.fromkeys(text, "utf8")
        fastparquet.write(path.name, whole, object_encoding=coded, open_with=kept_open)


def _number(text_: str) -> float:
    if not text_ or text_[-1] not in "0123456789." or "_" in text_:
        return math.nan
    try:
        value = float(text_)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _csv(path: Path, name: str) -> pd.DataFrame:
    data = content(path, most=parquet.MOST_BYTES, name=name)
    whole = (
        text(data, name).replace("\r\n", "\n").replace("\r", "\n")
    )  # the reader of CSV wants one end of line
    del data
    _check_rows(whole, name)
    # Not as categories at once: those that look like numbers would be taken for such, 1 becoming 1.0.
    frame = pd.read_csv(io.StringIO(whole), dtype=object, keep_default_na=False, index_col=False)
    return pd.DataFrame({name: _unify_missing(frame[name].astype("category")) for name in frame})


def _check_rows(whole: str, name: str) -> None:
    """Refuse a file whose rows have not as many cells as its header, all such rows at once."""
    rows = csv.reader(io.StringIO(whole), strict=True)
    bad: list[Problem] = []
    count = 0
    try:
        header = next(rows, [])
        bad = _bad_header(header, name)
        if len(header) == 1 and ";" in header[0]:
            raise refusal(name, "hub.expect.commas", 1)
        for count, cells in enumerate(rows, start=1):
            if len(cells) != len(header) and cells:
                facts = {"found": len(cells), "expected": len(header)}
                bad.append(Problem(name, rows.line_num, "", "", "expect.cells", facts))
            if rows.line_num != count + 1:
                raise refusal(name, "expect.one_line", rows.line_num)
            if not cells and rows.line_num <= whole.count("\n"):
                bad.append(Problem(name, rows.line_num, "", "", "hub.expect.no_empty_row"))
            if len(bad) > MOST_LISTED:
                break
    except csv.Error:
        raise refusal(name, "expect.quotes", rows.line_num) from None
    if not count and not bad:
        raise refusal(name, "expect.not_empty")
    if bad:
        raise DataError(bad)


def _bad_header(header: list[str], name: str) -> list[Problem]:
    """List names that stand in a header twice, and a column without one."""
    repeated = sorted({column for column in header if column and header.count(column) > 1})
    bad = [Problem(name, 1, column, "", "expect.column_once") for column in repeated]
    if "" in header:
        bad.append(Problem(name, 1, "", "", "hub.expect.named_column", {"place": header.index("") + 1}))
    return bad


def _parquet(path: Path, name: str) -> pd.DataFrame:
    columns = parquet.columns(path, name)
    return pd.DataFrame({column.name: _unify_missing(_categories(column)) for column in columns})


def _categories(column: parquet.Coded) -> pd.Series:
    return pd.Series(pd.Categorical(np.array(column.texts, dtype=object)[column.codes]))


def _unify_missing(column: pd.Series) -> pd.Series:
    """Write missing values in one way (""), and categories as text."""
    old = [str(text) for text in column.cat.categories]
    new = ["" if text in _MISSING else text for text in old]
    if len(set(new)) == len(new):
        return pd.Series(column.cat.rename_categories(new))
    return column.astype(object).map(dict(zip(column.cat.categories, new, strict=True))).astype("category")
