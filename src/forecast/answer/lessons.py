"""What is to be learnt from a year's scores: which model was best, whose error it was, what to change."""

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


def judge(ledger: pd.DataFrame, index_code: str, area: str, year: int) -> Judgement | None:
    """Judge what the reports of one index and area said of a year; None if the ledger has nothing of it."""
    lines = current(ledger)
    lines = lines.assign(
        miss=lines["median"] - lines["observed"], error=(lines["median"] - lines["observed"]).abs()
    )
    question = f"{index_code} | {area} | "
    of_area = lines[lines["question"].str.startswith(question)]
    own = of_area[of_area["target_year"] == year]
    reports = own[own["question"] == f"{question}{year}"]
    if reports.empty:
        return None
    last = reports[reports["revision"] == reports["revision"].max()]
    last_report = last[last["shown"] & (last["area"] == area) & (last["component"] != TARGET)]
    index = own[own["index_code"] == index_code]
    facts: dict[str, Any] = {
        "last_report": last_report.reset_index(drop=True),
        "revisions": _revisions(reports, index_code, area),
        "models": _models(last),
        "domains": _domains(lines[lines["target_year"] == year], index_code),
        "departments": _departments(own, last),
        "targets": reports.loc[reports["component"] == TARGET].reset_index(drop=True),
        "common": _common(last),
        "years": _years(of_area, area),
    }
    new_method = bool(index["new_method"].any())
    judgement = Judgement(index_code, area, year, index["published_on"].max(), new_method, **facts)
    return replace(judgement, advice=tuple(_advice(judgement)))


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
    scores = last[(last["component"] != TARGET) & ~last["model"].str.startswith(DEPARTMENT)]
    kinds = [kind_of(*pair) for pair in zip(scores["component"], scores["index_code"], strict=True)]
    scores = scores.assign(kind=kinds)
    scores = scores[scores["kind"].isin(["total", "domains", "rank"])]
    key = ["index_code", "kind", "model"]
    pairs = (
        scores[scores["base_crps"].notna()]
        .groupby(key)
        .agg(compared=("crps", "size"), own=("crps", "sum"), base=("base_crps", "sum"))
    )
    sums = scores.groupby(key).agg(**SUMS).join(pairs)
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
    scores = _main(lines[lines["revision"] == lines["revisions"]])
    scores = scores[
        scores["question"].str.startswith(f"{index_code} | ") & (scores["index_code"] == index_code)
    ]
    scores = scores[[kind_of(str(c), index_code) == "domains" for c in scores["component"]]]
    return scores.groupby("component").agg(**SUMS).reset_index()


def _departments(own: pd.DataFrame, last: pd.DataFrame) -> pd.DataFrame:
    """Scores of each form, beside the shown model of the last report on the same figures."""
    answers = own[own["question"].str.count(r" \| ") == 3]
    model_crps = last[last["shown"]].set_index(["area", "component"])["crps"]
    same_cells = model_crps[~model_crps.index.duplicated()].reindex(
        pd.MultiIndex.from_frame(answers[["area", "component"]])
    )
    answers = answers.assign(model_crps=same_cells.to_numpy(dtype=float))
    answers["paired"] = answers["crps"].where(answers["model_crps"].notna())
    more = {"paired": ("paired", "mean"), "model_crps": ("model_crps", "mean")}
    more |= {"compared": ("paired", "count"), "points": ("observed", "sum")}
    return answers.groupby(["department", "revision", "revisions"]).agg(**SUMS, **more).reset_index()


def _common(last: pd.DataFrame) -> pd.DataFrame:
    """The error that all provinces have in common, and the spread of their own errors about it."""
    rows = []
    main = _main(last)
    for index_code, totals in main[main["component"] == TOTAL].groupby("index_code", sort=False):
        mean = totals["miss"].mean()
        inside = totals["observed"].between(totals["lower"] - mean, totals["upper"] - mean)
        facts = {
            "index_code": index_code,
            "cells": len(totals),
            "miss": mean,
            "own": totals["miss"].std(ddof=1),
        }
        facts |= {
            "half": ((totals["upper"] - totals["lower"]) / 2).mean(),
            "inside80": totals["inside80"].mean(),
        }
        rows.append(facts | {"inside80_without": inside.mean()})
    columns = ["index_code", "cells", "miss", "own", "half", "inside80", "inside80_without"]
    return pd.DataFrame(rows, columns=columns)


def _years(lines: pd.DataFrame, area: str) -> pd.DataFrame:
    """The last shown total of each verified year, the years of a new method last."""
    totals = lines[lines["shown"] & (lines["area"] == area) & (lines["component"] == TOTAL)]
    totals = totals.sort_values("revision", kind="stable").drop_duplicates(
        ["index_code", "target_year"], keep="last"
    )
    return totals.sort_values(["new_method", "index_code", "target_year"], kind="stable").reset_index(
        drop=True
    )


def _advice(judgement: Judgement) -> list[str]:
    """Say what to change, by rules on the numbers; models are not changed for a year with a new method."""
    if judgement.new_method:
        return [phrase("judged.break", year=judgement.year), *_of_departments(judgement)]
    advice = []
    for row in judgement.common.to_dict("records"):
        advice += _of_ranges(row)
    for row in judgement.last_report.to_dict("records"):
        if row["inside95"] == 0 and kind_of(row["component"], row["index_code"]) in ("domains", "parts"):
            facts = {"component": row["component"], "miss": round(abs(row["miss"]), 1)}
            advice.append(phrase("judged.domain_high" if row["miss"] > 0 else "judged.domain_low", **facts))
    return [*advice, *_of_models(judgement), *_of_departments(judgement)] or [phrase("judged.nothing")]


def _of_departments(judgement: Judgement) -> list[str]:
    """Name the departments whose last form was off by much, summed over what it answered."""
    advice = []
    last = judgement.departments[judgement.departments["revision"] == judgement.departments["revisions"]]
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


def _of_models(judgement: Judgement) -> list[str]:
    """Say which model was best on the totals, and whether repeating the last figure was better."""
    totals = judgement.models[
        (judgement.models["index_code"] == judgement.index_code) & (judgement.models["kind"] == TOTAL)
    ]
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
