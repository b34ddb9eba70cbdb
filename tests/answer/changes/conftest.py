"""An earlier report on the made-up example, and ways to change what is known.  EVERY FIGURE IS MADE UP."""

import datetime as dt
import json
import pickle
import shutil
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from forecast.answer import panel_forecast, pipeline, record
from forecast.answer.members import Members
from forecast.base.spec import RunSpec
from forecast.data import load

CITY = "TP. Hồ Chí Minh"
EARLY, MEETING = dt.date(2024, 9, 20), dt.date(2024, 10, 20)
SPEC = RunSpec(index_code="PAR", area=CITY, target_year=2024, as_of=MEETING, draws=200)


@pytest.fixture(scope="session")
def vintages(example):
    """The example's tables, from which any day can be asked for."""
    return load.read_vintages(example)


@pytest.fixture(scope="session")
def at(vintages):
    """What was known on 20 September and on 20 October."""
    return {day: vintages.known_at(day) for day in (EARLY, MEETING)}


@pytest.fixture(scope="session")
def panels_seen(at):
    """The posteriors of both days, so that they are computed once for all tests."""
    return [
        (known, panel_forecast.posterior(known, SPEC, np.random.default_rng(SPEC.seed)))
        for known in at.values()
    ]


def medians_of(seen):
    """Find medians with these posteriors at hand; the first is that of the forecast itself."""
    (known, post), *others = seen
    rng, past = np.random.default_rng(), record.no_record()
    here = panel_forecast.PanelForecast(SPEC, known, known, post, Members(()), past, rng, others)
    return partial(pipeline._medians, here, SPEC)


@pytest.fixture(scope="session")
def medians(panels_seen):
    """The medians of any state of knowledge; of the same state they are computed once."""
    compute, computed = medians_of(panels_seen), {}

    def of(known):
        state = pickle.dumps(known)
        if state not in computed:
            computed[state] = compute(known)
        return computed[state]

    return of


@pytest.fixture(scope="session")
def published(medians, at, example, tmp_path_factory):
    """The report of 20 September, as a run leaves it, to read only."""
    return written(tmp_path_factory.mktemp("reports") / "earlier", medians(at[EARLY]), example)


def written(folder, medians, data, **spec):
    """Write what a run leaves that its successor reads."""
    folder.mkdir(parents=True)
    asked = replace(SPEC, **{"as_of": EARLY, **spec})
    (folder / "spec.json").write_text(json.dumps(asked.as_dict()), encoding="utf-8")
    pd.DataFrame({"component": list(medians), "median": list(medians.values())}).to_csv(
        folder / "summary.csv", index=False
    )
    shutil.copytree(data, folder / "data")
    return folder


def with_indicator(known, place, value):
    """Give one cumulative figure of the year, of an indicator that a rule scores, another value."""
    rows = known.indicators
    scored = set(known.frameworks["indicator"]) - {""}
    own = rows["indicator_code"].isin(scored) & rows["period"].str.startswith("2024-01..")
    at = rows.index[own & (rows["unit"] == "%")]
    changed = rows.copy()
    changed.loc[at[place % len(at)], "value"] = value
    return replace(known, indicators=changed)


def with_score(known, place, value):
    """Publish one more domain score of the city."""
    own = known.scores[(known.scores["area"] == CITY) & (known.scores["unit"] == "percent")]
    year = 2019 + place % 3
    row = own[own["index_code"] == "PAR"].iloc[[0]]
    row = row.assign(year=year, component=f"D{1 + place % 7}", score=value, rank=np.nan, max_score=np.nan)
    others = known.scores[
        ~known.scores[list(KEY)].apply(tuple, axis=1).isin(row[list(KEY)].apply(tuple, axis=1))
    ]
    scores = pd.concat([others, row]).sort_values(list(KEY)).reset_index(drop=True)
    return replace(known, scores=scores)


KEY = ("index_code", "year", "area", "component", "statistic")


def with_rule(known, place, value):
    """Score one criterion by another rule."""
    rows = known.frameworks.copy()
    at = rows.index[rows["rule"].str.startswith("linear")]
    chosen = at[place % len(at)]
    top = rows.loc[chosen, "max_score"]
    rows.loc[chosen, "rule"] = f"linear(0: 0; {100 + value:g}: {top:g})"
    return replace(known, frameworks=rows)


def with_form(known, place, value):
    """Let a department give other figures for one criterion."""
    rows = known.submissions.copy()
    at = rows.index[rows["likely"].notna()]
    names = ["low", "likely", "high"]
    rows.loc[at[place % len(at)], names] = rows.loc[at[place % len(at)], names] * value / 100
    return replace(known, submissions=rows)


EDITS = {
    "indicators": with_indicator,
    "figures": with_score,
    "framework": with_rule,
    "departments": with_form,
}


@pytest.fixture(scope="session")
def made():
    """The functions above, for tests, which cannot import this file."""
    return SimpleNamespace(
        SPEC=SPEC,
        EARLY=EARLY,
        MEETING=MEETING,
        CITY=CITY,
        EDITS=EDITS,
        written=written,
        medians_of=medians_of,
    )
