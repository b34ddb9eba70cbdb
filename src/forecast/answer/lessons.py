"""What is to be learnt from a year's scores: which model was best, whose error it was, what to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from forecast.answer.findings import phrase
from forecast.answer.judgement import Judgement
from forecast.answer.ledger import TARGET, current
from forecast.answer.panel_forecast import MAIN_MODEL
from forecast.answer.result import RANK
from forecast.answer.scorecard.outlook import DEPARTMENT
from forecast.answer.verification import BASE
from forecast.base.indexes import INDEXES, panel_of
from forecast.data.framework import TOTAL, is_criterion

ENOUGH: Final = 8  # results of one kind, below which nothing is said of ranges
NARROW: Final = 0.65  # share inside the 80 percent ranges, below which they are too narrow
WIDE: Final = 0.95  # and above which they are wider than need be
NOTABLE: Final = 0.3  # of a half 80 percent range, that a common error must reach to be named
LARGE: Final = 0.05  # of the points given, that a department must be off by to be named
KINDS: Final = ("total", "domains", "parts", "criteria", "rank")
_MEANS: Final = ("error", "miss", "crps", "wis", "dispersion", "under", "over")
_INSIDE: Final = ("inside50", "inside80", "inside95")
SUMS: Final = {"cells": ("crps", "size"), **{name: (name, "mean") for name in (*_MEANS, *_INSIDE)}}


def judged(ledger: pd.DataFrame, index_code: str, area: str, year: int) -> Judgement | None:
    """Judge what the reports of one index and area said of a year; None if the ledger has nothing of it."""
    lines = current(ledger)
    lines = lines.assign(
        miss=lines["median"] - lines["observed"], error=(lines["median"] - lines["observed"]).abs()
    )
    question = f"{index_code} | {area} | "
    every = lines[lines["question"].str.startswith(question)]
    own = every[every["target_year"] == year]
    reports = own[own["question"] == f"{question}{year}"]
    if reports.empty:
        return None
    last = reports[reports["revision"] == reports["revision"].max()]
    said = last[last["shown"] & (last["area"] == area) & (last["component"] != TARGET)]
    index = own[own["index_code"] == index_code]
    facts: dict[str, Any] = {
        "said": said.reset_index(drop=True),
        "revisions": _revisions(reports, index_code, area),
        "models": _models(last),
        "domains": _domains(lines[lines["target_year"] == year], index_code),
        "departments": _departments(own, last),
        "targets": reports.loc[reports["component"] == TARGET].reset_index(drop=True),
        "common": _common(last),
        "years": _years(every, area),
    }
    new_method = bool(index["new_method"].any())
    made = Judgement(index_code, area, year, index["published_on"].max(), new_method, **facts)
    return replace(made, advice=tuple(_advice(made)))


def _revisions(reports: pd.DataFrame, index_code: str, area: str) -> pd.DataFrame:
    """The shown total and rank of each report."""
    own = reports[reports["shown"] & (reports["area"] == area) & (reports["index_code"] == index_code)]
    total = own[own["component"] == TOTAL]
    rank = own[own["component"] == RANK].set_index("run_id")[["median", "observed", "crps"]]
    rank = rank.rename(columns={"median": "rank_median", "observed": "rank_observed", "crps": "rps"})
    return total.join(rank, on="run_id").sort_values("revision").reset_index(drop=True)


def kind_of(component: str, index_code: str) -> str:
    """Say what a component is: total, rank, one of the domains, a part of one, or a criterion."""
    if component in (TOTAL, RANK):
        return component
    if is_criterion(component):
        return "criteria"
    return "domains" if component in INDEXES[panel_of(index_code)].domains else "parts"


def _models(last: pd.DataFrame) -> pd.DataFrame:
    """Scores by kind and model of one report, and skill against repeating the last figure."""
    made = last[(last["component"] != TARGET) & ~last["model"].str.startswith(DEPARTMENT)]
    kinds = [kind_of(*pair) for pair in zip(made["component"], made["index_code"], strict=True)]
    made = made.assign(kind=kinds)
    made = made[made["kind"].isin(["total", "domains", "rank"])]
    key = ["index_code", "kind", "model"]
    pairs = (
        made[made["base_crps"].notna()]
        .groupby(key)
        .agg(compared=("crps", "size"), own=("crps", "sum"), base=("base_crps", "sum"))
    )
    sums = made.groupby(key).agg(**SUMS).join(pairs)
    sums["skill"] = (1 - sums["own"] / sums["base"]).where(sums["base"] > 0)
    order = sums.drop(columns=["own", "base"]).reset_index()
    first = str(last["question"].iloc[0]).split(" | ", 1)[0]
    order = order.assign(place=order["kind"].map(KINDS.index), first=order["index_code"] != first)
    order = order.sort_values(["first", "place", "skill"], ascending=[True, True, False], kind="stable")
    return order.drop(columns=["place", "first"]).reset_index(drop=True)


def _main(last: pd.DataFrame) -> pd.DataFrame:
    """The model that forecasts every province alike."""
    return last[last["model"] == MAIN_MODEL]


def _domains(lines: pd.DataFrame, index_code: str) -> pd.DataFrame:
    """Scores of each domain over the last report of every area that has one."""
    made = _main(lines[lines["revision"] == lines["revisions"]])
    made = made[made["question"].str.startswith(f"{index_code} | ") & (made["index_code"] == index_code)]
    made = made[[kind_of(str(c), index_code) == "domains" for c in made["component"]]]
    return made.groupby("component").agg(**SUMS).reset_index()


def _departments(own: pd.DataFrame, last: pd.DataFrame) -> pd.DataFrame:
    """Scores of each form, beside the shown model of the last report on the same figures."""
    given = own[own["question"].str.count(r" \| ") == 3]
    shown = last[last["shown"]].set_index(["area", "component"])["crps"]
    beside = shown[~shown.index.duplicated()].reindex(pd.MultiIndex.from_frame(given[["area", "component"]]))
    given = given.assign(model_crps=beside.to_numpy(dtype=float))
    given["paired"] = given["crps"].where(given["model_crps"].notna())
    more = {"paired": ("paired", "mean"), "model_crps": ("model_crps", "mean")}
    more |= {"compared": ("paired", "count"), "points": ("observed", "sum")}
    return given.groupby(["department", "revision", "revisions"]).agg(**SUMS, **more).reset_index()


def _common(last: pd.DataFrame) -> pd.DataFrame:
    """What all provinces were missed by together, apart from what each was missed by on its own."""
    rows = []
    totals = _main(last)
    for index_code, made in totals[totals["component"] == TOTAL].groupby("index_code", sort=False):
        mean = made["miss"].mean()
        held = made["observed"].between(made["lower"] - mean, made["upper"] - mean)
        facts = {"index_code": index_code, "cells": len(made), "miss": mean, "own": made["miss"].std(ddof=1)}
        facts |= {"half": ((made["upper"] - made["lower"]) / 2).mean(), "inside80": made["inside80"].mean()}
        rows.append(facts | {"inside80_without": held.mean()})
    columns = ["index_code", "cells", "miss", "own", "half", "inside80", "inside80_without"]
    return pd.DataFrame(rows, columns=columns)


def _years(every: pd.DataFrame, area: str) -> pd.DataFrame:
    """The last shown total of each verified year, the years of a new method last."""
    made = every[every["shown"] & (every["area"] == area) & (every["component"] == TOTAL)]
    made = made.sort_values("revision", kind="stable").drop_duplicates(
        ["index_code", "target_year"], keep="last"
    )
    return made.sort_values(["new_method", "index_code", "target_year"], kind="stable").reset_index(drop=True)


def _advice(made: Judgement) -> list[str]:
    """Say what to change, by rules on the numbers; models are not changed for a year with a new method."""
    if made.new_method:
        return [phrase("judged.break", year=made.year), *_of_departments(made)]
    advice = []
    for row in made.common.to_dict("records"):
        advice += _of_ranges(row)
    for row in made.said.to_dict("records"):
        if row["inside95"] == 0 and kind_of(row["component"], row["index_code"]) in ("domains", "parts"):
            facts = {"component": row["component"], "miss": round(abs(row["miss"]), 1)}
            advice.append(phrase("judged.domain_high" if row["miss"] > 0 else "judged.domain_low", **facts))
    return [*advice, *_of_models(made), *_of_departments(made)] or [phrase("judged.nothing")]


def _of_departments(made: Judgement) -> list[str]:
    """Name the departments whose last form was off by much, summed over what it answered."""
    advice = []
    last = made.departments[made.departments["revision"] == made.departments["revisions"]]
    for row in last.to_dict("records"):
        whole = row["miss"] * row["cells"]
        if row["points"] > 0 and abs(whole) > LARGE * row["points"]:
            facts = {"department": row["department"], "miss": round(abs(whole), 1), "cells": row["cells"]}
            advice.append(phrase("judged.department_high" if whole > 0 else "judged.department_low", **facts))
    return advice


def _of_ranges(row: Mapping[Any, Any]) -> list[str]:
    """Say of one index whether its ranges fit, and whether the year or the provinces made the error."""
    index = {"index": row["index_code"], "cells": row["cells"]}
    if row["cells"] < ENOUGH:
        return [phrase("judged.few", **index)]
    advice = []
    facts = {**index, "inside": round(100 * row["inside80"]), "without": round(100 * row["inside80_without"])}
    if abs(row["miss"]) > NOTABLE * row["half"]:
        shift = {"miss": round(abs(row["miss"]), 1), "own": round(row["own"], 1)}
        advice.append(
            phrase("judged.shift_high" if row["miss"] > 0 else "judged.shift_low", **facts, **shift)
        )
    if row["inside80"] < NARROW:
        key = "judged.narrow_year" if row["inside80_without"] >= NARROW else "judged.narrow"
        advice.append(phrase(key, **facts))
    elif row["inside80"] > WIDE:
        advice.append(phrase("judged.wide", **facts))
    return advice or [phrase("judged.fits", **facts)]


def _of_models(made: Judgement) -> list[str]:
    """Say which model was best on the totals, and whether repeating the last figure was better."""
    totals = made.models[(made.models["index_code"] == made.index_code) & (made.models["kind"] == TOTAL)]
    fair = totals[totals["skill"].notna() & (totals["compared"] >= totals["compared"].max() / 2)]
    if fair.empty:
        return []
    best = fair.sort_values("skill", kind="stable").iloc[-1]
    gains = dict(zip(fair["model"], (100 * fair["skill"]).round().astype(int), strict=True))
    facts = {"cells": int(best["compared"]), "model": str(best["model"]), "gain": int(gains[best["model"]])}
    if best["model"] == BASE:
        return [phrase("judged.last_value", cells=facts["cells"])]
    if best["model"] == MAIN_MODEL or MAIN_MODEL not in gains:
        return [phrase("judged.best", **facts)]
    return [phrase("judged.other_best", **facts, own=int(gains[MAIN_MODEL]))]
