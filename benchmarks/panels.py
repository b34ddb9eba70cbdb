"""Published panels for measuring, read from a folder beside the project; they are never part of it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from forecast.model.panel import Panel

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parents[1] / "shared" / "data" / "panels"
VARIABLE = "FORECAST_PANELS"

PAPI_DIMENSIONS = tuple(f"P{k}" for k in range(1, 9))
PAPI_FIRST_SIX = PAPI_DIMENSIONS[:6]  # the dimensions that every year has
PAPI_BREAKS = (2018, 2021)
PCI_SUBINDICES = tuple(
    f"pci_{name}"
    for name in (
        "entry",
        "informal",
        "labor",
        "land",
        "legal",
        "proactive",
        "support",
        "time",
        "transparency",
    )
)
MAXIMUM = 10.0  # of a PAPI dimension and of a PCI sub-index


class PanelsMissingError(Exception):
    """The panels are not on this machine; the message says what to do."""


def folder() -> Path:
    """Folder with papi.csv, pci.csv and m1_yearly.csv."""
    found = Path(os.environ.get(VARIABLE) or FOLDER)
    absent = [name for name in ("papi.csv", "pci.csv", "m1_yearly.csv") if not (found / name).is_file()]
    if absent:
        raise PanelsMissingError(
            f"Không thấy bộ số liệu để đo ({', '.join(absent)}); đặt {VARIABLE} thành thư mục chứa chúng.\n"
            f"The panels to measure on are not here ({', '.join(absent)}); set {VARIABLE} to their folder."
        )
    return found


def papi() -> Panel:
    """PAPI, eight dimensions of 63 provinces, 2011 to 2023; P7 and P8 start in 2018."""
    rows = _read("papi.csv")
    return Panel.from_long(
        rows[rows["component"].isin(PAPI_DIMENSIONS)], upper=MAXIMUM, breaks=PAPI_BREAKS, file="papi.csv"
    )


def plain(panel: Panel) -> Panel:
    """Give a panel as a user has it who names no maximum and no change of method."""
    return replace(panel, upper=np.full(len(panel.components), np.nan), breaks=())


def papi_file() -> Panel:
    """PAPI as it may be typed off: eight dimensions and the total among them, nothing else told."""
    rows = _read("papi.csv")
    rows = rows[rows["component"].isin((*PAPI_DIMENSIONS, "total"))]
    return Panel.from_long(rows[["area", "component", "year", "score"]], file="papi.csv")


def pci_file() -> Panel:
    """PCI as it stands in its file: sub-indices that come and go, and two totals; nothing else told."""
    return Panel.from_long(_read("pci.csv")[["area", "component", "year", "score"]], file="pci.csv")


def papi_six() -> Panel:
    """Sum of the dimensions P1 to P6: the total until 2017, and the same sum after it."""
    dimensions = papi()
    six = [dimensions.components.index(name) for name in PAPI_FIRST_SIX]
    return Panel(
        areas=dimensions.areas,
        components=("P1 to P6",),
        years=dimensions.years,
        value=dimensions.value[:, six].sum(axis=1, keepdims=True),
        upper=np.array([MAXIMUM * len(six)]),
        breaks=PAPI_BREAKS,
    )


def papi_total() -> Panel:
    """PAPI's total as printed: of six dimensions until 2017, of eight from 2018."""
    rows = _read("papi.csv")
    rows = rows[rows["component"] == "total"]
    return Panel.from_long(rows, upper=MAXIMUM * len(PAPI_DIMENSIONS), breaks=PAPI_BREAKS, file="papi.csv")


def pci() -> Panel:
    """PCI, nine sub-indices of 63 provinces, 2005 to 2016; of 2013 there are thirteen provinces."""
    rows = _read("pci.csv")
    return Panel.from_long(rows[rows["component"].isin(PCI_SUBINDICES)], upper=MAXIMUM, file="pci.csv")


def m1() -> tuple[Panel, Panel]:
    """M1's 181 yearly series, set to end together: what is given, and with the six years held out."""
    rows = pd.read_csv(folder() / "m1_yearly.csv")
    train = rows["part"] == "train"
    last = rows.loc[train].groupby("series")["t"].max()
    year = rows["t"] - rows["series"].map(last)
    # A panel's years count from 0 up, so the last year given becomes 100.
    rows = pd.DataFrame(
        {"area": rows["series"], "component": "value", "year": 100 + year, "score": rows["y"]}
    )
    whole = Panel.from_long(rows, file="m1_yearly.csv")
    return whole.until(100), whole


def _read(name: str) -> pd.DataFrame:
    return pd.read_csv(folder() / name, encoding="utf-8")
