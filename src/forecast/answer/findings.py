"""Compute the tables of a result from the draws and the evidence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from forecast.answer.result import RANK
from forecast.base.arrays import Floats, Ints
from forecast.base.indexes import INDEXES, MAIN, SURVEYS, panel_of
from forecast.base.spec import RunSpec, interval_ends
from forecast.data.framework import TOTAL, Framework
from forecast.data.load import Known
from forecast.data.tables import FORECAST_COLUMNS, pick
from forecast.model.fitted_evidence import FittedEvidence, Statements
from forecast.model.latent import PAPI_SCALARS, SCALARS
from forecast.model.simulate import Draws, chance, quantiles
from forecast.model.subject import survey_component, survey_of

Key = tuple[str, str, str]  # index_code, area, component

LEVEL: Final = 80  # percent of the range in tables and headlines
WIDE: Final = 95
SURVEY_FORMS: Final = 580  # forms a province, some 37,000 in the country


def phrase(key: str, **facts: Any) -> str:
    """Write a sentence of the catalogue so that a table can carry it in no language."""
    return json.dumps({"key": key, "facts": facts}, ensure_ascii=False, sort_keys=True)


def phrases(parts: Iterable[str]) -> str:
    """Put several such sentences into one cell."""
    return "[" + ", ".join(parts) + "]"


def components(framework: Framework) -> tuple[str, ...]:
    """The total and all that adds up to it, in the framework's order."""
    parts = framework.parts()
    return tuple(c for c in framework.components["component"] if c not in parts)


def quantile_rows(
    spec: RunSpec, framework: Framework, model: str, keys: Sequence[Key], values: Floats, n_ranks: int = 0
) -> pd.DataFrame:
    """FORECAST rows of K keys; values (K, n) by ``spec.quantile_levels``, or chances of `n_ranks` ranks."""
    ids = [str(k) for k in range(1, n_ranks + 1)] or [f"{level:g}" for level in spec.quantile_levels]
    index_code, area, component = (
        np.repeat(np.array([key[k] for key in keys], dtype=object), len(ids)) for k in range(3)
    )
    return pd.DataFrame(
        {
            "index_code": index_code,
            "framework": ["" if code in SURVEYS else framework.name for code in index_code],
            "area": area,
            "component": component,
            "target_year": spec.target_year,
            "as_of": pd.Timestamp(spec.as_of),
            "model": model,
            "output_type": "pmf" if n_ranks else "quantile",
            "output_type_id": ids * len(keys),
            "value": np.round(values, 6 if n_ranks else 4).ravel(),
        },
        columns=list(FORECAST_COLUMNS),
    )


def scored(draws: Draws, index_code: str) -> Floats:
    """What areas are ranked by, shape (n, P): points of the total, or percent of the survey."""
    return draws.survey_percent() if index_code in SURVEYS else draws.points(TOTAL)


def main_rows(target: Draws, spec: RunSpec, framework: Framework, model: str) -> pd.DataFrame:
    """FORECAST rows of the main model: the area's components, then every area's total and SIPAS."""
    levels = spec.quantile_levels
    home = target.of_area(spec.area)
    index, survey = target.subject.index_code, survey_of(target.subject)
    by_key: dict[Key, Floats] = {
        (index, spec.area, component): quantiles(home.points(component)[:, 0], levels)
        for component in components(framework)
    }
    totals = quantiles(scored(target, index), levels)
    percent = quantiles(scored(target, survey), levels) if survey else None
    for place, area in enumerate(target.subject.areas):
        by_key.setdefault((index, area, TOTAL), totals[:, place])
        if percent is not None:
            by_key[(survey, area, TOTAL)] = percent[:, place]
    # The area and the index that are asked for come first.
    keys = sorted(by_key, key=lambda key: (key[1] != spec.area, key[0] != spec.index_code))
    return quantile_rows(spec, framework, model, keys, np.array([by_key[key] for key in keys]))


def rows_of_all(target: Draws, spec: RunSpec, framework: Framework, model: str) -> pd.DataFrame:
    """FORECAST rows of every component of every area and of SIPAS: what past results are held against."""
    areas, names = target.subject.areas, components(framework)
    keys = [(target.subject.index_code, area, component) for component in names for area in areas]
    drawn = [target.points(component) for component in names]
    if survey := survey_of(target.subject):
        keys += [(survey, area, TOTAL) for area in areas]
        drawn.append(scored(target, survey))
    values = np.concatenate([quantiles(points, spec.quantile_levels) for points in drawn], axis=1)
    return quantile_rows(spec, framework, model, keys, values.T)


def rank_rows(
    chances: Floats, areas: Sequence[str], index_code: str, spec: RunSpec, framework: Framework, model: str
) -> pd.DataFrame:
    """FORECAST rows of ranks: chances (K, R) of the ranks from 1 to R, by area."""
    keys = [(index_code, area, RANK) for area in areas]
    return quantile_rows(spec, framework, model, keys, chances, chances.shape[1])


def summary(
    last: Draws,
    target: Draws,
    framework: Framework,
    spec: RunSpec,
    evidence: pd.DataFrame,
    first: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> pd.DataFrame:
    """Sum up last year and target year of the area, one row a component.  Points, and percent for SIPAS.

    `first` has phrases that the basis of a component begins with.

    Gives component, parent, max_score, max_status, responsible, last_year, last_known, last_median,
    last_lower, last_upper, median, lower, upper (80 percent), lower95, upper95, change, p_fall, last_rank
    (NaN if not published), basis.
    """
    table = framework.components.set_index("component")
    before, after = last.of_area(spec.area), target.of_area(spec.area)
    rows = []
    for component in components(framework):
        maximum = framework.maximum(component)
        facts = {
            "component": component,
            "parent": str(table.loc[component, "parent"]),
            "max_score": maximum,
            "max_status": framework.max_status(component),
            "responsible": str(table.loc[component, "responsible"]),
        }
        pair = before.points(component)[:, 0], after.points(component)[:, 0]
        # Last year's maximum may differ: what a fall means is a smaller share of the maximum.
        scale = maximum / before.subject.schemes[before.year].maxima.get(component, maximum)
        rows.append(
            facts
            | _moves(pair[0] * scale, pair[1], _own_printed(evidence, spec, component), before.year, maximum)
            | {
                "last_rank": _last_rank(evidence, spec, panel_of(spec.index_code), component, before.year),
                "basis": phrases([*first.get(component, ()), *basis(evidence, spec, component, framework)]),
            }
        )
    if spec.index_code in SURVEYS:
        survey = survey_component(target.subject)
        pair = before.survey_percent()[:, 0], after.survey_percent()[:, 0]
        facts = {"component": TOTAL, "parent": "", "max_score": 100.0, "max_status": "read"}
        facts["responsible"] = str(table.loc[survey, "responsible"]) if survey in table.index else ""
        own = _own_printed(evidence, spec, TOTAL, spec.index_code)
        return pd.DataFrame(
            [
                facts
                | _moves(*pair, own, before.year, 100.0)
                | {
                    "last_rank": _last_rank(evidence, spec, spec.index_code, TOTAL, before.year),
                    "basis": phrases(_survey_basis(evidence, spec)),
                }
            ]
        )
    return pd.DataFrame(rows)


def medians(target: Draws, framework: Framework, spec: RunSpec) -> dict[str, float]:
    """The medians that `summary` gives, by component."""
    home = target.of_area(spec.area)
    if spec.index_code in SURVEYS:
        drawn = {TOTAL: scored(home, spec.index_code)[:, 0]}
    else:
        drawn = {component: home.points(component)[:, 0] for component in components(framework)}
    return {component: float(quantiles(values, (0.5,))[0]) for component, values in drawn.items()}


def _moves(
    before: Floats, after: Floats, own: pd.DataFrame, last_year: int, maximum: float
) -> dict[str, Any]:
    """Last year and target year of one component, and the move between them, from joint draws."""
    published = own.loc[own["year"] == last_year, "observed_share"] * maximum
    low, high = interval_ends(LEVEL)
    low95, high95 = interval_ends(WIDE)
    last = quantiles(before, (low, 0.5, high))
    now = quantiles(after, (low95, low, 0.5, high, high95))
    known = len(published) > 0
    last_median = float(published.iloc[0]) if known else float(last[1])
    return {
        "last_year": last_year,
        "last_known": known,
        "last_median": last_median,
        "last_lower": np.nan if known else float(last[0]),
        "last_upper": np.nan if known else float(last[2]),
        "median": float(now[2]),
        "lower": float(now[1]),
        "upper": float(now[3]),
        "lower95": float(now[0]),
        "upper95": float(now[4]),
        "change": round(float(now[2]) - last_median, 4),
        "p_fall": chance(after - before, "<=", -1e-9),
    }


def _last_rank(evidence: pd.DataFrame, spec: RunSpec, index_code: str, component: str, year: int) -> float:
    """The area's published rank in a component and year; NaN if there is none."""
    cell = {"index_code": index_code, "component": component, "year": year}
    rows = pick(evidence, area=spec.area, **cell, statistic="value")
    return float(rows["rank"].iloc[0]) if len(rows) else np.nan


def _own(evidence: pd.DataFrame, spec: RunSpec, component: str, index_code: str = "") -> pd.DataFrame:
    """The area's own published scores of a component that are used; of the panel's index if none is named."""
    index_code = index_code or panel_of(spec.index_code)
    return pick(evidence, area=spec.area, index_code=index_code, component=component, use="score")


def _own_printed(evidence: pd.DataFrame, spec: RunSpec, component: str, index_code: str = "") -> pd.DataFrame:
    """Those of `_own` that were printed: not computed from a stated change."""
    own = _own(evidence, spec, component, index_code)
    return own[own["trust"] != "derived"]


def basis(evidence: pd.DataFrame, spec: RunSpec, component: str, framework: Framework) -> list[str]:
    """Say what the forecast of a component rests on, one phrase after the other."""
    index = INDEXES[panel_of(spec.index_code)]
    rows_of_component = evidence[
        (evidence["index_code"] == index.code) & (evidence["component"] == component)
    ]
    own_rows = rows_of_component[rows_of_component["area"] == spec.area]
    scores, only_rank, computed = (own_rows[own_rows["use"] == use] for use in ("score", "rank", "made"))
    parts = []
    derived = scores["trust"] == "derived"
    grounds = {"own": scores[~derived], "derived": scores[derived], "made": computed, "own_rank": only_rank}
    for name, rows in grounds.items():
        if len(rows):
            parts.append(phrase(f"basis.{name}", years=[int(y) for y in sorted(rows["year"])]))
    if component == TOTAL:
        return [*parts, *_count_phrase("basis.mean", _mean_years(evidence, index.code))]
    if not len(scores) and not len(computed):
        parts.insert(0, phrase("basis.none"))
    if framework.children(component):
        parts.append(phrase("basis.children"))
    if component == index.survey_component:
        parts += _count_phrase("basis.survey", len(_own(evidence, spec, TOTAL, index.survey)))
    parts += _count_phrase("basis.total", len(_own(evidence, spec, TOTAL)))
    parts += _count_phrase("basis.mean", _mean_years(evidence, index.code))
    others = rows_of_component[
        rows_of_component["use"].isin(["score", "made", "rank"]) & (rows_of_component["area"] != spec.area)
    ]["area"].nunique()
    return [*parts, *_count_phrase("basis.others", int(others))]


def _count_phrase(key: str, count: int) -> list[str]:
    """Say that a forecast rests on so many things of a kind, or nothing if there are none."""
    return [phrase(key, count=count)] if count else []


def _survey_basis(evidence: pd.DataFrame, spec: RunSpec) -> list[str]:
    years = [int(y) for y in sorted(_own(evidence, spec, TOTAL, spec.index_code)["year"])]
    own_rows = evidence[(evidence["area"] == spec.area) & (evidence["index_code"] == spec.index_code)]
    computed = [
        int(y)
        for y in sorted(own_rows.loc[(own_rows["use"] == "made") & (own_rows["component"] == TOTAL), "year"])
    ]
    own = phrase("basis.own", years=years) if years else phrase("basis.none")
    own = phrase("basis.made", years=computed) if computed and not years else own
    return [own, *_count_phrase("basis.mean", _mean_years(evidence, spec.index_code))]


def _mean_years(evidence: pd.DataFrame, index_code: str) -> int:
    means = evidence[(evidence["index_code"] == index_code) & (evidence["component"] == TOTAL)]
    return int(means.loc[means["use"].isin(["mean", "places_mean"]), "year"].nunique())


def history(
    past: Mapping[int, Draws], framework: Framework, spec: RunSpec, evidence: pd.DataFrame
) -> pd.DataFrame:
    """The area's years as shares of the maximum in percent: published, or estimated with a range.

    Gives component, year, kind, known, median, lower, upper (80 percent; NaN where published).  A score that
    was computed from a stated change is "derived": what stands there is what the model makes of it.
    """
    low, high = interval_ends(LEVEL)
    own = pick(evidence, area=spec.area, index_code=spec.index_code, use="score")
    keys = list(zip(own["component"], own["year"], strict=True))
    shares = dict(zip(keys, own["observed_share"], strict=True))
    derived = {key for key, trust in zip(keys, own["trust"], strict=True) if trust == "derived"}
    rows: list[tuple[object, ...]] = []
    for year, draws in past.items():
        home = draws.of_area(spec.area)
        for component in (TOTAL,) if spec.index_code in SURVEYS else components(framework):
            key = (component, year)
            if key in shares and key not in derived:
                rows.append((*key, "published", True, 100 * float(shares[key]), np.nan, np.nan))
                continue
            if spec.index_code in SURVEYS:
                percent = scored(home, spec.index_code)[:, 0]
            else:
                percent = 100 * home.points(component)[:, 0] / draws.subject.schemes[year].maxima[component]
            kind = "derived" if key in derived else "estimated"
            rows.append((*key, kind, False, *quantiles(percent, (0.5, low, high)).tolist()))
    return pd.DataFrame(rows, columns=["component", "year", "kind", "known", "median", "lower", "upper"])


def aims(known: Known, spec: RunSpec) -> pd.DataFrame:
    """Targets set for the area and year: quantity, relation, value, set_on."""
    own = pick(known.targets, index_code=spec.index_code, area=spec.area, year=spec.target_year)
    return own[["quantity", "relation", "value", "set_on"]].reset_index(drop=True)


def targets(known: Known, target: Draws, rank: Ints, spec: RunSpec) -> pd.DataFrame:
    """Chance of every target set for the area and year: quantity, relation, value, set_on, probability."""
    rows = aims(known, spec)
    place = target.subject.areas.index(spec.area)
    score = scored(target, spec.index_code)[:, place]
    drawn: dict[str, Floats] = {"rank": rank.astype(float), "points": score, "percent": score}
    probability = [
        chance(drawn[quantity], relation, value)
        for quantity, relation, value in zip(rows["quantity"], rows["relation"], rows["value"], strict=True)
    ]
    return rows.assign(probability=np.array(probability, dtype=float))


def evidence_table(
    known: Known, uses: pd.Series[str], statements: Statements, fitted_values: Floats
) -> pd.DataFrame:
    """Rows of the scores with how each is used, and the model's estimate of the figure.

    `observed` is in the unit that was published (NaN for a rank), `observed_share` and `fitted`
    are shares of the maximum; `fitted_values` is that of each statement, as `fitted_shares` gives it.
    """
    rows = known.scores.assign(use=uses)
    share = pd.Series(statements.by_row(statements.value, len(rows)), index=rows.index)
    fitted = pd.Series(statements.by_row(fitted_values, len(rows)), index=rows.index)
    plain = rows["use"].isin(["score", "made", "mean"])
    columns = ["index_code", "year", "area", "component", "statistic", "score", "unit", "rank", "trust"]
    columns += ["published_on", "source_url", "note", "sources", "spread", "use"]
    return rows[columns].assign(
        reason=[
            phrase("use.derived" if (use, trust) == ("score", "derived") else f"use.{use}")
            for use, trust in zip(rows["use"], rows["trust"], strict=True)
        ],
        observed=rows["score"],
        observed_share=share.where(plain).round(6),
        fitted=fitted.where(plain).round(6),
    )


def variances(fitted: FittedEvidence, index: str = MAIN) -> pd.DataFrame:
    """Variances of the main model and where each comes from: name, value, source; `index` is the panel's."""
    v = fitted.variances
    rows = [
        (
            name,
            round(float(getattr(v, name)), 4),
            phrase("variance.papi" if name in PAPI_SCALARS else "variance.own"),
        )
        for name in SCALARS
    ]
    rows += [
        (f"spread.{component}", round(v.spread * factor, 4), phrase("variance.component"))
        for component, factor in zip(fitted.lattice.components, v.component_spread, strict=True)
    ]
    if INDEXES[index].survey:
        error = 100 * float(np.sqrt(0.82 * 0.18 / SURVEY_FORMS))
        rows.append(("sipas_sampling", round(error, 2), phrase("variance.sampling", forms=SURVEY_FORMS)))
    return pd.DataFrame(rows, columns=["name", "value", "source"])


def vintage(known: Known, framework: Framework) -> pd.DataFrame:
    """Counts of rows by what became of them: name, count."""
    counts = known.counts.set_index("table")
    rows = [
        ("rows_known", int(counts["known"].sum())),
        ("rows_later", int(counts["later"].sum())),
        ("scores_known", int(counts["known"].loc["scores"])),
        ("set_aside", len(known.set_aside)),
        ("undated", len(known.undated)),
        ("assumed_maxima", int(framework.components["max_status"].ne("read").sum())),
    ]
    return pd.DataFrame(rows, columns=["name", "count"])
