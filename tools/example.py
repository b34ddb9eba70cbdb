"""Write a complete made-up example: ``python tools/example.py [FOLDER]``, else into .cache/example-data.

The project's real tables are copied, and invented detail is put below the real domains: criteria with
scoring rules, current indicators, last years' scores, self-scores, forms, remedies and scenarios.  What
is invented stands in ``made_up/`` and says so in every row; series are drawn with one seed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from forecast.data import rules, tables

ROOT = Path(__file__).resolve().parents[1]
MADE_UP = Path(__file__).resolve().with_name("made_up")
SEED = 876
CITY, CITY_SHORT = "TP. Hồ Chí Minh", "TP.HCM"
FRAMEWORK = "876/QĐ-BNV"
SOURCE = "số giả định"  # in every source and note
TARGET_YEAR = 2024
SCORED_YEARS = (2022, 2023)
FIRST_YEAR, LAST_MONTH = 2019, 9  # of the series; the target year's last month
FORM_VERSION = "1"
ELASTICITY = {
    "indicator_code": "pub_inv_disb_rate",
    "component": "D6",
    "low": "0.03",
    "high": "0.06",
    "stated_by": "Chuyên gia giả định",
    "stated_on": "2024-06-30",
    "note": SOURCE,
}


def make_example(folder: Path, *, data: Path) -> None:
    """Write the made-up example.

    Parameters
    ----------
    folder
        Made if need be; files of the same name are replaced.
    data
        Folder with the project's real tables, which stay as they are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(data.glob("*.csv")):
        shutil.copyfile(path, folder / path.name)
    criteria = _criteria(_table(data / "frameworks.csv"))
    kinds = _table(MADE_UP / "indicators.csv")
    announced = _table(data / "announcements.csv")
    series = _series(kinds)
    ends = _year_ends(pd.concat([_table(data / "indicators.csv"), series]))
    scores = _scores(criteria, ends, announced)
    added = {
        "frameworks": criteria,
        "indicators": series,
        "indicator_types": _types(kinds),
        "elasticities": pd.DataFrame([ELASTICITY]),
        "scores": scores,
        "self_scores": _self_scores(announced),
        "submissions": _submissions(criteria, scores),
        "remedies": _table(MADE_UP / "remedies.csv"),
    }
    for name, rows in added.items():
        real = data / f"{name}.csv"
        _write(folder / real.name, [_table(real), rows] if real.exists() else [rows])
    shutil.copyfile(MADE_UP / "scenarios.toml", folder / "scenarios.toml")


def _criteria(real: pd.DataFrame) -> pd.DataFrame:
    """Rows of criteria and sub-criteria; a criterion's maximum is the sum of what stands below it."""
    rows = _table(MADE_UP / "criteria.csv")
    version = real[real["framework"] == FRAMEWORK]
    code = rows["component"]
    above = _above(code)
    own = pd.to_numeric(rows["max_score"])
    half = rows["source"].replace("", np.nan).groupby(above).transform("first")  # of D8: sipas, outcome
    domain = ("D" + code.str[0]).where(code.str[0] != "8", "D8." + half)
    in_charge = domain.map(version.set_index("component")["responsible"])
    return rows.assign(
        framework=FRAMEWORK,
        first_year=version["first_year"].iloc[0],
        last_year=version["last_year"].iloc[0],
        parent=domain.where(code == above, above),
        name_vi="Tiêu chí giả định " + code + ": " + rows["name_vi"],
        name_en="Made-up criterion " + code + ": " + rows["name_en"],
        max_score=own.fillna(own.groupby(above).transform("sum")).map("{:g}".format),
        max_status="made_up",
        responsible=rows["responsible"].where(rows["responsible"] != "", in_charge),
        note=SOURCE,
    )


def _above(code: pd.Series) -> pd.Series:
    """The criterion that a criterion or sub-criterion belongs to: 1.2 of 1.2 and of 1.2.3."""
    return code.str.split(".").str[:2].str.join(".")


def _finest(criteria: pd.DataFrame) -> pd.DataFrame:
    return criteria[~criteria["component"].isin(criteria["parent"])]


def _series(kinds: pd.DataFrame) -> pd.DataFrame:
    """Figures from a year's start up to each month's end, and of each whole past year."""
    rows = []
    for place, kind in kinds.iterrows():
        rng = np.random.default_rng([SEED, int(str(place))])
        for year in range(FIRST_YEAR, TARGET_YEAR + 1):
            values = _year(kind, float(kind[f"y{year}"]), rng)
            for month in range(2, LAST_MONTH + 1 if year == TARGET_YEAR else 13):
                whole = month == 12
                rows.append(
                    {
                        "indicator_code": kind["indicator_code"],
                        "indicator_name_vi": f"Giả định: {kind['name']}",
                        "area": CITY,
                        "period": f"{year}" if whole else f"{year}-01..{year}-{month:02d}",
                        "value": f"{values[month - 1]:g}",
                        "unit": kind["unit"],
                        "linked_domain": kind["linked_domain"],
                        "source_url": SOURCE,
                        "published_on": dt.date(year + whole, month % 12 + 1, 10).isoformat(),
                        "note": SOURCE,
                        "trust": "copy",
                    }
                )
    return pd.DataFrame(rows)


def _types(kinds: pd.DataFrame) -> pd.DataFrame:
    """Rows of the catalogue; what grows or is counted is cumulative, a level counts from January."""
    return pd.DataFrame(
        {
            "indicator_code": kinds["indicator_code"],
            "name_vi": "Giả định: " + kinds["name"],
            "name_en": "Made up: " + kinds["name_en"],
            "unit": kinds["unit"],
            "component": kinds["linked_domain"],
            "sign": "0",
            "kind": np.where(kinds["shape"] == "level", "to_date", "cumulative"),
            "frequency": "month",
            "source": SOURCE,
            "note": SOURCE,
        }
    )


def _year(kind: pd.Series, end: float, rng: np.random.Generator) -> np.ndarray:
    """Twelve figures that end at `end`: the same pace each year, with noise that the year's end ends.

    What ``grows`` or ``counts`` follows a power of the part of the year that is over; a ``level`` is
    off by so much in the middle of the year.
    """
    over = np.arange(1, 13) / 12
    noise = float(kind["noise"]) * rng.standard_normal(12) * (1 - over)
    if kind["shape"] == "level":
        found = end + float(kind["form"]) * np.sin(np.pi * over) + noise
    else:
        found = np.maximum.accumulate(end * np.minimum(over ** float(kind["form"]) * np.exp(noise), 1))
    found[-1] = end
    if kind["unit"] == "%":
        found = np.minimum(found, 100)
    return np.round(found, 0 if kind["shape"] == "counts" else 2)


def _year_ends(indicators: pd.DataFrame) -> pd.Series:
    """Mean value of each whole year, by indicator_code and period: pages may give several."""
    city = indicators[indicators["area"].isin([CITY, CITY_SHORT])]
    return city["value"].astype(float).groupby([city["indicator_code"], city["period"]]).mean()


def _scores(criteria: pd.DataFrame, ends: pd.Series, announced: pd.DataFrame) -> pd.DataFrame:
    """Last years' points: what rules give on a year's indicators, the rest so that domains add up."""
    domains = _table(MADE_UP / "domains.csv")
    finest = _finest(criteria).set_index("component", drop=False)
    above = _above(finest["component"])
    domain_of = above.map(criteria.set_index("component")["parent"])
    maximum = finest["max_score"].astype(float)
    found = []
    for year in SCORED_YEARS:
        points = pd.Series(np.nan, index=finest.index)
        for name, row in finest[finest["indicator"] != ""].iterrows():
            value = ends.get((row["indicator"], str(year)), np.nan)
            points[name] = float(rules.parse(row["rule"]).points(value, maximum[name]).round(2))
        told = domains[(domains["area"] == CITY) & (domains["year"] == str(year))]
        for domain, total in zip(told["component"], told["appraised_score"].astype(float), strict=True):
            own = domain_of == domain
            surveyed = (finest["source"][own] == "leaders_survey").to_numpy()
            rng = np.random.default_rng([SEED, year, int(own.sum())])
            off = rng.uniform(-0.06, 0.06, len(surveyed)) - 0.1 * surveyed
            points[own] = _filled(points[own].to_numpy(), maximum[own].to_numpy(), total, off)
        every = pd.concat([points, points.groupby(above).sum()])
        every = every[~every.index.duplicated()].reindex(criteria["component"])
        found.append(_score_rows(every, criteria, year, _out(announced)[str(year)]))
    return pd.concat(found, ignore_index=True)


def _filled(given: np.ndarray, maximum: np.ndarray, total: float, off: np.ndarray) -> np.ndarray:
    """Give the missing points of a domain, each so far off one common share, that all add up."""
    free = np.isnan(given)
    most, rest = maximum[free], round(total - float(np.nansum(given)), 2)
    low, high = -1.0, 2.0
    for _ in range(60):  # the share at which they do, by halving
        share = (low + high) / 2
        points = most * np.clip(share + off[free], 0, 1)
        low, high = (share, high) if points.sum() < rest else (low, share)
    points = np.round(points, 2)
    points[np.argmax(np.where(points < most, points, 0))] += rest - points.sum()  # what rounding left
    filled = given.copy()
    filled[free] = np.round(points, 2)
    return filled


def _score_rows(points: pd.Series, criteria: pd.DataFrame, year: int, day: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "index_code": "PAR",
            "year": str(year),
            "area": CITY,
            "component": points.index,
            "statistic": "value",
            "score": [f"{value:.2f}" for value in points],
            "unit": "points",
            "max_score": criteria["max_score"].to_numpy(),
            "published_on": day,
            "source_day": day,
            "source_url": SOURCE,
            "trust": "copy",
            "note": SOURCE,
        }
    )


def _self_scores(announced: pd.DataFrame) -> pd.DataFrame:
    """Self-scores by domain, known from the day the year's result was out."""
    rows = _table(MADE_UP / "domains.csv")
    rows = rows[rows["self_score"] != ""]
    return rows.assign(published_on=rows["year"].map(_out(announced)), source_url=SOURCE, note=SOURCE)


def _out(announced: pd.DataFrame) -> pd.Series:
    """Day on which each year's real result was out, by year."""
    return announced[announced["index_code"] == "PAR"].set_index("year")["announced_on"]


def _submissions(criteria: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """One row a form and a finest component that its department answers for."""
    told = _table(MADE_UP / "answers.csv").set_index(["department", "component"]).to_dict("index")
    last = scores[scores["year"] == str(SCORED_YEARS[-1])].set_index("component")["score"].astype(float)
    finest = _finest(criteria)
    found = []
    for number, form in enumerate(_table(MADE_UP / "forms.csv").to_dict("records")):
        rng = np.random.default_rng([SEED, number])
        digest = hashlib.sha256(form["file"].encode()).hexdigest()
        sent = {
            "submission_id": digest[:12],
            "department": form["department"],
            "index_code": "PAR",
            "area": CITY,
            "target_year": str(TARGET_YEAR),
            "received_on": form["received_on"],
            "form_version": FORM_VERSION,
            "sha256": digest,
            "file": form["file"],
        }
        for row in finest[finest["responsible"] == form["department"]].to_dict("records"):
            name, maximum = row["component"], float(row["max_score"])
            answer = told.get((form["department"], name), {})
            likely = last[name] + float(form["optimism"]) * (maximum - last[name])
            points = _low_likely_high(float(answer.get("likely") or likely), maximum, rng)
            found.append({**sent, "component": name, **answer, **points})
    return pd.DataFrame(found)


def _low_likely_high(likely: float, maximum: float, rng: np.random.Generator) -> dict[str, str]:
    """Range and self-score about a likely value, within the maximum."""
    spread = maximum * rng.uniform(0.03, 0.1)
    points = {
        "low": likely - 1.5 * spread,
        "likely": likely,
        "high": likely + spread,
        "self_score": likely + 0.8 * spread,
    }
    return {name: f"{min(max(value, 0), maximum):.2f}" for name, value in points.items()}


def _table(path: Path) -> pd.DataFrame:
    """Read every cell as text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _write(path: Path, parts: list[pd.DataFrame]) -> None:
    """Write rows below each other, with the columns that the table's contract names."""
    table = next(each for each in tables.DATA_TABLES if each.file == path.name)
    columns = list(table.names)
    whole = pd.concat([part.reindex(columns=columns, fill_value="") for part in parts]).fillna("")
    whole.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


if __name__ == "__main__":
    make_example(Path(sys.argv[1]) if sys.argv[1:] else ROOT / ".cache" / "example-data", data=ROOT / "data")
