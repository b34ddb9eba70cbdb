"""What the doors to the data take on a whole office: 12 complete, made-up years of 63 provinces."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.timing import spent
from forecast.base.errors import DataError
from forecast.data import check, load
from forecast.data.tables import AREAS, DOMAINS, SCORES
from forecast.intake.additions import one_row, province_table

ROOT = Path(__file__).resolve().parents[1]
YEARS = range(2012, 2024)
MAXIMA = (9.5, 10.0, 13.0, 10.5, 15.0, 12.0, 13.5, 16.5)  # of 876/QĐ-BNV
MAXIMA_2017 = (10.0, 10.0, 14.5, 11.0, 16.0, 7.0, 16.0, 15.5)  # of 2948/QĐ-BNV
DAY, AREA, SOURCE, SEED = dt.date(2024, 10, 20), "TP. Hồ Chí Minh", "bảng giả định", 3184
WRONG, OF_ONE_CELL = 200_000, 10_000


def figures() -> dict[str, float]:
    """Measure all, in processor seconds without the start of Python.

    Returns
    -------
    dict
        check (read, checked, summed up), add (one figure proposed), table (a year's table proposed),
        settled (10,000 sources of one cell), wrong (200,000 wrong rows refused in words).
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = office(Path(place) / "data")
        printed = Path(place) / "2024.csv"
        _year(_provinces(folder), 2023).drop(columns="year").to_csv(printed, index=False)
        origin = province_table.Origin(published_on=dt.date(2024, 4, 18), source="bảng giả định khác")
        cells = {"index_code": "PAR", "year": "2023", "area": AREA, "component": "D3", "score": "11"}
        cells |= {"published_on": "2024-04-18", "source_url": "trang giả định"}
        found = {
            "check": spent(lambda: _checked(folder)),
            "add": spent(lambda: one_row.score(folder, **cells)),
            "table": spent(lambda: province_table.table(folder, printed, "PAR", 2023, origin)),
        }
        path = folder / SCORES.file
        sound = path.read_text(encoding="utf-8")
        many = "".join(_of_one_cell(str(70 + k % 9), k) for k in range(OF_ONE_CELL))
        path.write_text(sound + many, encoding="utf-8")
        found["settled"] = spent(lambda: _checked(folder))
        path.write_text(sound + "".join(_of_one_cell(f"x{k}", k) for k in range(WRONG)), encoding="utf-8")
        found["wrong"] = spent(lambda: _refused(folder))
    return {name: each.cpu for name, each in found.items()}


def office(folder: Path) -> Path:
    """Copy the project's tables and put complete years in the place of its scores."""
    shutil.copytree(ROOT / "data", folder)
    provinces = _provinces(folder)
    tables = [_year(provinces, year) for year in YEARS]
    wide = pd.concat(tables, ignore_index=True)
    long = wide.melt(["area", "year"], var_name="component", value_name="score")
    tops = {year: dict(zip(DOMAINS, _maxima(year), strict=True)) | {"total": 100.0} for year in YEARS}
    days = long["year"].map(lambda year: f"{year + 1}-12-31" if year < 2023 else "2024-04-17")
    rows = long.assign(
        index_code="PAR",
        statistic="value",
        unit="points",
        max_score=[tops[year][part] for year, part in zip(long["year"], long["component"], strict=True)],
        rank="",
        published_on=days,
        source_day=days,
        source_url=SOURCE,
        trust="official",
        note="",
    )
    rows[list(SCORES.names)].to_csv(folder / SCORES.file, index=False)
    return folder


def _provinces(folder: Path) -> list[str]:
    areas = pd.read_csv(folder / AREAS.file)
    return areas.loc[areas["kind"] == "province", "area"].tolist()


def _maxima(year: int) -> tuple[float, ...]:
    return MAXIMA_2017 if year == 2017 else MAXIMA


def _year(provinces: list[str], year: int) -> pd.DataFrame:
    rng = np.random.default_rng(SEED + year)
    points = pd.DataFrame(
        (rng.beta(12, 2, (len(provinces), 8)) * _maxima(year)).round(2), columns=list(DOMAINS)
    )
    return points.assign(total=points.sum(axis=1).round(2), area=provinces, year=year)


def _of_one_cell(score: str, number: int) -> str:
    return f"PAR,2023,{AREA},D3,value,{score},percent,,,2024-04-17,2024-04-17,trang {number},press,\n"


def _checked(folder: Path) -> None:
    check.summary(load.read(folder, as_of=DAY), index_code="PAR", area=AREA)


def _refused(folder: Path) -> None:
    try:
        load.read(folder, as_of=DAY)
    except DataError as error:
        error.text("vi")


if __name__ == "__main__":
    print(figures())
