"""A Result to write pages from.  EVERY FIGURE IN IT IS MADE UP: no forecast, no published result."""

import dataclasses
import datetime as dt
import json
import re
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from forecast.answer import result
from forecast.answer.current import COLUMNS as CURRENT_COLUMNS
from forecast.answer.result import Result
from forecast.base import labels
from forecast.base.spec import RunSpec
from forecast.data.tables import DAY_DTYPE
from forecast.pages.report import page
from forecast.runs.area_ranking import Ranking
from forecast.runs.manifest import Inputs, Manifest
from forecast.runs.report_notebooks import KINDS

AREA = "TP. Hồ Chí Minh"
AS_OF = dt.date(2024, 10, 20)
MAXIMA = {"D1": 9.5, "D2": 10.0, "D3": 13.0, "D4": 10.5, "D5": 15.0, "D6": 12.0, "D7": 13.5, "D8": 16.5}
ASSUMED = ("D2", "D6", "D7")
KNOWN = {"D3": 11.07, "D4": 9.32}
CHARGE = {
    "D1": "Sở Nội vụ",
    "D2": "Sở Tư pháp",
    "D3": "Văn phòng UBND Thành phố",
    "D4": "Sở Nội vụ",
    "D5": "Sở Nội vụ",
    "D6": "Sở Tài chính",
    "D7": "Sở Thông tin và Truyền thông",
    "D8": "Sở Nội vụ; Sở Kế hoạch và Đầu tư",
    "D8.sipas": "Sở Nội vụ",
    "D8.outcome": "Sở Kế hoạch và Đầu tư",
}
# component: median and standard deviation of the target year, last year's median
POSTERIOR = {
    "total": (86.4, 1.9, 85.93),
    "D1": (8.7, 0.35, 8.6),
    "D2": (7.1, 0.8, 6.9),
    "D3": (11.5, 0.6, 11.07),
    "D4": (9.2, 0.5, 9.32),
    "D5": (12.9, 0.7, 12.8),
    "D6": (10.4, 0.6, 10.5),
    "D7": (12.0, 0.6, 11.9),
    "D8": (14.6, 0.6, 14.4),
    "D8.sipas": (8.3, 0.18, 8.21),
    "D8.outcome": (6.3, 0.5, 6.2),
}
LEVELS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99)
NORMAL = dict(
    zip(LEVELS, (-2.326, -1.96, -1.645, -1.282, -0.674, 0, 0.674, 1.282, 1.645, 1.96, 2.326), strict=True)
)


ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(ROOT / "notebooks" / f"{kind.stem}.ipynb" for kind in KINDS)


@pytest.fixture(scope="session")
def made_up():
    """A whole made-up result for the city's PAR Index."""
    return Result(
        spec=RunSpec(index_code="PAR", area=AREA, target_year=2024, as_of=AS_OF),
        forecast=_forecast(),
        summary=_summary(),
        history=_history(),
        rank=_rank(),
        targets=_targets(),
        evidence=_evidence(),
        availability=_availability(),
        variances=_variances(),
        current=_current(),
        vintage=_vintage(),
        set_aside=_set_aside(),
        backtest=_backtest(),
        verification=_verification(),
        scorecard=_scorecard(),
        projections=_projections(),
        departments=_departments(),
        department_domains=_department_domains(),
        status=_status(),
        scenarios=_scenarios(),
        scenario_targets=_scenario_targets(),
        remedies=_remedies(),
        units=_units(),
        **_changed(),
        provinces=_provinces(),
        ladder=_ladder(),
        peers=_peers(),
        decisions=_decisions(),
        path=_path(),
    )


@pytest.fixture(scope="session")
def without_codes(made_up):
    """Take the codes of criteria, such as 3.2.1, out of a text, so that what is left are its numbers."""
    codes = [code for code in made_up.scorecard["component"] if code[0].isdigit()]
    longest_first = "|".join(map(re.escape, sorted(codes, key=len, reverse=True)))
    pattern = re.compile(rf"(?<![\d.,])({longest_first})(?= \D|[:;.,](?:\s|$))")
    return lambda text: pattern.sub("", text)


@pytest.fixture(scope="session")
def bare(made_up):
    """The made-up result as if no criteria, forms, remedies or scenarios had been entered."""
    domains = made_up.scorecard.loc[~made_up.scorecard["kind"].isin(["criterion", "subcriterion"])]
    finest = domains["component"].isin(["D8.sipas", "D8.outcome"]) | domains["component"].str.fullmatch(
        "D[1-7]"
    )
    ranked = {
        by: domains["lost"].where(finest).rank(ascending=False, method="first")
        for by in ("lever_rank", "risk_rank")
    }
    later = (
        *("projections", "departments", "department_domains", "status"),
        *("scenarios", "scenario_targets", "remedies", "units"),
    )
    half = made_up.decisions.loc[made_up.decisions["kind"] == "half_point"]
    first = domains.loc[domains["component"] == "D5", ["component", "responsible"]]
    act = half.assign(kind="domain", **first.iloc[0].to_dict())
    return dataclasses.replace(
        made_up,
        scorecard=domains.assign(max_status="read", gamble="", **ranked).reset_index(drop=True),
        decisions=pd.concat([act, half], ignore_index=True),
        **{name: getattr(made_up, name).head(0) for name in later},
    )


@pytest.fixture(scope="session")
def run_dir(made_up, tmp_path_factory):
    """A folder in which a run wrote the made-up result and its record."""
    folder = tmp_path_factory.mktemp("run")
    made_up.write(folder)
    record = {
        "run_id": "2024-10-20_par_made-up_2024_0badcafe",
        "inputs": {"data": {"scores.csv": "0123456789abcdef" * 4}},
        "volatile": {"commit": "feedc0de" * 5, "dirty": False},
    }
    (folder / "manifest.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def pages(run_dir):
    """The page of each notebook in each language, made from the made-up result: (stem, lang) -> HTML."""
    return _pages_of(run_dir, [(path, lang) for lang in ("vi", "en") for path in NOTEBOOKS])


@pytest.fixture(scope="session")
def pages_from(tmp_path_factory):
    """Write pages of some notebooks from another result: (result, *stems, lang) -> {stem: HTML}."""

    def write(result, *stems, lang="vi"):
        folder = tmp_path_factory.mktemp("other")
        result.write(folder)
        chosen = [(path, lang) for path in NOTEBOOKS if path.stem in stems]
        return {stem: html for (stem, _), html in _pages_of(folder, chosen).items()}

    return write


def _pages_of(folder, chosen):
    """Run notebooks in this process, one after the other.

    That shows the same as a kernel would and spares many of them; tests/runs executes notebooks in kernels.
    """
    shell = InteractiveShell.instance()
    made = {}
    for path, lang in chosen:
        executed = _executed(shell, path, {"run_dir": str(folder), "lang": lang})
        made[path.stem, lang] = page(executed, name=path.stem)
    InteractiveShell.clear_instance()
    return made


def _executed(shell, path, given):
    notebook = nbformat.read(path, as_version=4)
    shell.reset(new_session=False)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        with capture_output() as shown:
            done = shell.run_cell(cell.source, store_history=False)
        done.raise_error()
        bundles = [(out.data, out.metadata) for out in shown.outputs]
        if done.result is not None:
            bundles.append(shell.display_formatter.format(done.result))
        cell.outputs = [nbformat.v4.new_output("display_data", data, metadata=more) for data, more in bundles]
        if "parameters" in cell.metadata.get("tags", []):
            shell.push(given)
    return notebook


def _quantiles(component, index_code, median, sd, upper):
    return [
        {
            "index_code": index_code,
            "framework": "876/QĐ-BNV",
            "area": AREA,
            "component": component,
            "target_year": 2024,
            "as_of": pd.Timestamp(AS_OF),
            "model": "evidence",
            "output_type": "quantile",
            "output_type_id": str(level),
            "value": min(upper, median + NORMAL[level] * sd),
        }
        for level in LEVELS
    ]


def _forecast():
    rows = []
    for component, (median, sd, _) in POSTERIOR.items():
        rows += _quantiles(component, "PAR", median, sd, MAXIMA.get(component, 100.0))
    rows += _quantiles("total", "SIPAS", 83.0, 1.8, 100.0)
    return pd.DataFrame(rows)


def _reason(key, **facts):
    return json.dumps({"key": key, "facts": facts}, ensure_ascii=False)


def _summary():
    rows = []
    for component, (median, sd, last) in POSTERIOR.items():
        known = component in KNOWN or component == "total"
        basis = (
            _reason("basis.own", years="2022, 2023")
            if known
            else f"[{_reason('basis.none')}, {_reason('basis.others', count=5)}]"
        )
        rows.append(
            {
                "component": component,
                "parent": "" if component == "total" else "D8" if "." in component else "total",
                "max_score": 100.0
                if component == "total"
                else MAXIMA.get(component, 10.0 if "sipas" in component else 6.5),
                "max_status": "assumed" if component in ASSUMED else "read",
                "responsible": CHARGE.get(component, ""),
                "last_year": 2023,
                "last_known": known,
                "last_median": KNOWN.get(component, last),
                "last_lower": np.nan if known else last - 0.9,
                "last_upper": np.nan if known else last + 0.8,
                "median": median,
                "lower": median - 1.282 * sd,
                "upper": min(median + 1.282 * sd, MAXIMA.get(component, 100.0)),
                "lower95": median - 1.96 * sd,
                "upper95": min(median + 1.96 * sd, MAXIMA.get(component, 100.0)),
                "change": median - KNOWN.get(component, last),
                "p_fall": {"D3": 0.004, "D4": 0.6, "D2": 0.41}.get(component, 0.37),
                "last_rank": {"D2": 62.0, "D3": 58.0}.get(component, np.nan),
                "basis": basis,
            }
        )
    return pd.DataFrame(rows)


def _rank():
    ranks = np.arange(1, 64)
    weight = np.exp(-((ranks - 34) ** 2) / (2 * 12.0**2))
    return pd.DataFrame({"rank": ranks, "probability": weight / weight.sum()})


def _targets():
    rank = _rank()
    return pd.DataFrame(
        [
            {
                "quantity": "rank",
                "relation": "<=",
                "value": float(place),
                "set_on": pd.Timestamp(day),
                "probability": rank.loc[rank["rank"] <= place, "probability"].sum(),
            }
            for place, day in ((15, "2024-01-03"), (10, "2024-05-10"))
        ]
    )


def _evidence():
    columns = (
        *("index_code", "year", "area", "component", "statistic", "score", "unit", "rank", "trust"),
        *("published_on", "source_url", "use", "reason", "observed", "observed_share", "fitted"),
    )
    scores = {2012: 81.1, 2018: 78.6, 2019: 82.5, 2021: 85.1, 2022: 83.9, 2023: 85.93}
    ranks = {2012: 4, 2014: 7, 2016: 16, 2017: 11, 2018: 12, 2019: 8, 2020: 24, 2021: 41, 2022: 38, 2023: 34}
    rows = []
    for year in sorted(ranks):
        score = scores.get(year, np.nan)
        rows.append(("PAR", year, AREA, "total", "value", score, "points", ranks[year], "press"))
    for year, mean in {
        2012: 80.2,
        2016: 74.1,
        2017: 77.5,
        2018: 76.4,
        2019: 81.0,
        2021: 86.2,
        2022: 84.3,
        2023: 86.4,
    }.items():
        rows.append(("PAR", year, "Việt Nam", "total", "mean", mean, "percent", np.nan, "official"))
    rows.append(("PAR", 2022, AREA, "D3", "value", 12.5, "points", 3, "derived"))
    rows.append(("PAR", 2023, AREA, "D3", "value", 11.07, "points", 58, "press"))
    rows.append(("PAR", 2022, AREA, "D4", "value", 8.1, "points", np.nan, "derived"))
    rows.append(("PAR", 2023, AREA, "D4", "value", 9.32, "points", np.nan, "press"))
    rows.append(("PAR", 2023, AREA, "D2", "value", np.nan, "points", 62, "press"))
    rows.append(("SIPAS", 2022, AREA, "total", "value", 79.1, "percent", 44, "derived"))
    rows.append(("SIPAS", 2023, AREA, "total", "value", 82.1, "percent", 37, "press"))
    full = [
        (
            *row,
            pd.Timestamp(f"{row[1] + 1}-04-17"),
            "https://example.org/<made up>",
            use,
            _reason(f"use.{use}"),
            row[5],
            row[5] / _top(row),
            row[5] / _top(row),
        )
        for row in rows
        for use in ["rank" if np.isnan(row[5]) else "score"]
    ]
    unused = ("PAR", 2012, AREA, "part.survey", "value", 31.0, "points", np.nan, "copy")
    full.append(
        (
            *unused,
            pd.Timestamp("2014-02-28"),
            "https://example.org/part",
            "spare_part",
            _reason("use.spare_part"),
            31.0,
            np.nan,
            np.nan,
        )
    )
    return pd.DataFrame(full, columns=columns)


def _top(row):
    return MAXIMA.get(row[3], 100.0)


def _history():
    rows = []
    for component, (_, sd, last) in POSTERIOR.items():
        for year in range(2018, 2024):
            known = component == "total" or (component in KNOWN and year == 2023)
            derived = component in KNOWN and component != "total" and year == 2022
            kind = "published" if known else "derived" if derived else "estimated"
            top = MAXIMA.get(component, {"total": 100.0, "D8.sipas": 10.0, "D8.outcome": 6.5}.get(component))
            median = 100 * (KNOWN.get(component, last) - 0.02 * last * (2023 - year) / 3) / top
            width = np.nan if known else 160 * sd / top
            rows.append((component, year, kind, known, median, median - width, min(median + width, 100)))
    return pd.DataFrame(rows, columns=["component", "year", "kind", "known", "median", "lower", "upper"])


def _changed():
    """What changed since a made-up report of September; the medians are those of `POSTERIOR`."""
    steps = {
        "total": {"model": 0.1, "figures": -0.35, "indicators": 0.42, "departments": 0.08},
        "D2": {"framework": -0.004, "departments": 0.08},
        "D3": {"indicators": 0.4},
        "D6": {"figures": -0.3, "indicators": 0.02},
    }
    moves = []
    for component, (median, _, _) in POSTERIOR.items():
        own = steps.get(component, {})
        level = median - sum(own.values())
        moves.append((component, "total", level, median, sum(own.values())))
        for step, effect in own.items():
            moves.append((component, step, level, level + effect, effect))
            level += effect
    columns = [*("step", "component", "file", "kind", "key", "name", "column", "old", "new"), "source_url"]
    rows = [
        (
            "figures",
            "D6",
            "scores.csv",
            "new",
            f"PAR | 2023 | {AREA} | D6 | value",
            "",
            "score",
            "",
            "84.25",
            "https://example.org/made-up",
        ),
        (
            "figures",
            "D6",
            "scores.csv",
            "changed",
            "PAR | 2023 | Hà Nội | D6 | value",
            "",
            "trust",
            "copy",
            "official",
            "https://www.example.org/made-up",
        ),
        (
            "framework",
            "D2",
            "frameworks.csv",
            "changed",
            "876/QĐ-BNV | 2.1.1",
            "",
            "rule",
            "manual",
            "steps(>=80: 0.5)",
            "",
        ),
        (
            "indicators",
            "D3",
            "indicators.csv",
            "new",
            f"on_time | {AREA} | 2024-01..2024-09",
            "Hồ sơ đúng hạn",
            "value",
            "",
            "99.5",
            "https://example.org/made-up",
        ),
        *(
            (
                "departments",
                "D2",
                "submissions.csv",
                "new",
                f"Sở Tư pháp | 2.1.{k}",
                "",
                "likely",
                "",
                "1",
                "bieu-mau.xlsx",
            )
            for k in (1, 2)
        ),
        (
            "departments",
            "D2",
            "submissions.csv",
            "changed",
            "Sở Nội vụ | 2.2",
            "",
            "low",
            "0.5",
            "0.25",
            "bieu-mau.xlsx",
        ),
        (
            "departments",
            "D2",
            "submissions.csv",
            "changed",
            "Sở Nội vụ | 2.2",
            "",
            "likely",
            "1",
            "0.75",
            "bieu-mau.xlsx",
        ),
        (
            "",
            "",
            "targets.csv",
            "gone",
            f"PAR | {AREA} | 2024 | rank | 2024-05-10",
            "",
            "value",
            "10",
            "",
            "https://example.org/made-up",
        ),
        (
            "",
            "D3",
            "remedies.csv",
            "changed",
            "Quận 1 | 3.1.1 | Rà soát <b>thủ tục</b>",
            "",
            "state",
            "doing",
            "done",
            "",
        ),
    ]
    days = ["2024-10-01", "2024-10-02", None, "2024-10-10", *["2024-09-27"] * 4, "2024-05-10", "2024-10-15"]
    listed = pd.DataFrame(rows, columns=columns)
    return {
        "previous": pd.DataFrame(
            {
                "run_id": ["2024-09-20_PAR_made-up_2024_0badcafe"],
                "as_of": [pd.Timestamp("2024-09-20")],
                "reason": [""],
            }
        ),
        "changes": pd.DataFrame(moves, columns=["component", "step", "before", "after", "effect"]),
        "changed_rows": listed.assign(published_on=pd.to_datetime(days)),
    }


def _set_aside():
    rows = [
        ("scores.csv", 214, f"PAR | 2021 | {AREA} | total | value", 85.4, 41.0, "copy", "lower_trust", 210),
        ("scores.csv", 60, "PAR | 2019 | Hà Nội | total | value", 84.0, np.nan, "press", "same_figure", 58),
        ("related_indices.csv", 71, "PAPI | 2020 | Cần Thơ | total", 42.1, np.nan, "copy", "lower_trust", 70),
        ("indicators.csv", 9, f"grdp | {AREA} | 2023-01..2023-09", 4.5, np.nan, "press", "older_page", 8),
    ]
    frame = pd.DataFrame(
        rows, columns=["file", "row", "key", "score", "rank", "trust", "reason", "taken_row"]
    )
    frame["name"] = ["", "", "", "Tăng trưởng GRDP"]
    frame["name_en"] = ["", "", "", "Growth of GRDP"]
    frame["taken_score"] = [85.1, 84.0, 42.9, 4.6]
    frame["taken_rank"] = [41.0, np.nan, np.nan, np.nan]
    return frame.assign(source_url="https://example.org/made-up")


def _availability():
    return pd.DataFrame(
        [
            ("evidence", "PAR", "D1", True, ""),
            ("drift", "PAR", "D3", False, _reason("error.too_few_years", model="drift", needed=4, got=2)),
            ("drift", "PAR", "D4", False, _reason("error.too_few_years", model="drift", needed=4, got=2)),
            ("theta", "PAR", "total", False, _reason("error.too_few_years", model="theta", needed=6, got=5)),
            (
                "last_value",
                "PAR",
                "D1",
                False,
                _reason("error.too_few_years", model="last_value", needed=1, got=0),
            ),
        ],
        columns=["model", "index_code", "component", "available", "reason"],
    )


def _variances():
    return pd.DataFrame(
        [
            ("level_step", 0.052, _reason("variance.own")),
            ("spread.D1", 0.31, _reason("variance.component")),
            ("sipas_sampling", 1.6, _reason("variance.sampling", forms=580)),
        ],
        columns=["name", "value", "source"],
    )


def _current():
    months, none, day = "2024-01..2024-09", np.nan, pd.Timestamp("2024-09-30")
    rule = _reason("indicators.rule_to_date", days=15)
    names = {"a": "Giải ngân vốn đầu tư công", "b": "Thu ngân sách", "c": "Hồ sơ đúng hạn"}
    names["d"] = "Tỷ lệ hồ sơ trực tuyến"
    english = {"a": "Public investment disbursed", "b": "Budget revenue", "c": "Dossiers on time"}
    english["d"] = "Share of dossiers online"
    day_to, spoken = "2024-01..2024-10-11", _reason("indicators.by_expert")
    few = _reason("indicators.not_judged", years=1)
    supported, unsupported = _reason("indicators.by_figures"), _reason("indicators.by_none")
    rows = [
        ("a", "D6", "%", months, 38.1, 40.2, 42.2, -0.05, -0.2, 0.08, 0.012, -0.02, 0.05, 310, supported),
        (
            "b",
            "D6",
            "tỷ đồng",
            "2024-Q2",
            91000.0,
            none,
            88000.0,
            0.0,
            0.0,
            0.0,
            0.0,
            0.0,
            0.0,
            5,
            unsupported,
        ),
        ("c", "D3", "%", "2024-08", 99.1, none, none, *[none] * 6, 0, few),
        ("d", "D7", "%", day_to, 61.0, 52.0, 48.0, 0.31, 0.12, 0.55, 0.024, 0.01, 0.04, 2, spoken),
    ]
    newest = dict.fromkeys("acd", (none, "")) | {"b": (99000.0, "2024-01..2024-09")}
    grounds = {"a": "figures", "b": "none", "c": "not_judged", "d": "expert"}
    return pd.DataFrame(
        [
            (
                *(
                    r[0],
                    names[r[0]],
                    english[r[0]],
                    *r[1:4],
                    day,
                    *r[4:7],
                    *newest[r[0]],
                    rule,
                    *r[7:14],
                    grounds[r[0]],
                ),
                *(("Sở Thông tin và Truyền thông", 0.03, 0.06) if r[0] == "d" else ("", none, none)),
                r[14],
            )
            for r in rows
        ],
        columns=list(CURRENT_COLUMNS),
    )


def _vintage():
    return pd.DataFrame(
        [("rows_known", 421), ("rows_later", 0), ("set_aside", 1), ("undated", 12), ("assumed_maxima", 3)],
        columns=["name", "count"],
    )


def _verification():
    """Scored past forecasts: the same totals, and some of domains, of SIPAS and of ranks."""
    random = np.random.default_rng(7)
    wide = _backtest().pivot_table(
        index=["model", "index_code", "area", "component", "target_year", "observed"],
        columns="output_type_id",
        values="value",
    )
    totals = wide.reset_index()[[*wide.index.names, "0.5", "0.1", "0.9"]]
    totals.columns = [*wide.index.names, "median", "lower", "upper"]
    rows = []
    others = [("PAR", component, 2 + 1.3 * place) for place, component in enumerate(POSTERIOR) if place]
    for index_code, component, middle in [*others, ("SIPAS", "total", 82.0)]:
        for year in range(2019, 2024):
            for model in ("evidence", "last_value"):
                if model == "last_value" and "." in component:
                    continue
                observed, centre = middle + 0.4 * random.standard_normal(2)
                fall = 6.0 if (index_code, year) == ("SIPAS", 2022) else 0.0
                ends = (centre, centre - 0.5, centre + 0.5)
                rows.append((model, index_code, AREA, component, year, observed - fall, *ends))
    for year in range(2018, 2024):
        for model in ("evidence", "last_rank"):
            observed, centre = random.integers(20, 45, 2)
            rows.append((model, "PAR", AREA, "rank", year, observed, centre, centre - 8, centre + 8))
    table = pd.concat([totals, pd.DataFrame(rows, columns=totals.columns)], ignore_index=True)
    new = (table["index_code"] == "SIPAS") & (table["target_year"] == 2022)
    crps = 0.7 * (table["median"] - table["observed"]).abs() + 0.1
    return table.assign(new_method=new, crps=crps)[list(result.VERIFICATION_COLUMNS)]


def _backtest():
    random = np.random.default_rng(1)
    rows = []
    for model, bias in (("evidence", 1.0), ("last_value", 1.4)):
        for year in range(2018, 2024):
            for area in (AREA, "Hà Nội", "Đà Nẵng", "Cần Thơ", "Hải Phòng"):
                observed = 84 + 3 * random.standard_normal()
                centre = observed + bias * 1.6 * random.standard_normal()
                rows += [
                    (
                        model,
                        "PAR",
                        area,
                        "total",
                        year,
                        str(level),
                        centre + NORMAL[level] * 1.7 * bias,
                        observed,
                    )
                    for level in LEVELS
                ]
    columns = [
        "model",
        "index_code",
        "area",
        "component",
        "target_year",
        "output_type_id",
        "value",
        "observed",
    ]
    return pd.DataFrame(rows, columns=columns)


# --- scorecard, forms, scenarios and remedies: every figure made up ----------------------------------------
# Phrases of these tests alone, so that what they agree on does not change with the engine's own.
PHRASES = {
    "basis": ("số liệu giả định của phép thử", "made-up figures of a test"),
    "indicator": ("chỉ tiêu {name}, ước đạt {projected}", "the indicator {name}, projected at {projected}"),
    "gamble": (
        "ngưỡng {threshold}: dưới ngưỡng được {below} điểm, đạt ngưỡng được {at} điểm; khả năng đạt {chance}",
        "threshold {threshold}: {below} points below it, {at} at it; chance of reaching it {chance}",
    ),
    "bias": (
        "đã trừ {bias} điểm, học từ {count} lần tự chấm",
        "{bias} points taken off, from {count} self-scores",
    ),
    "no_bias": ("chưa có lần tự chấm nào để học", "no past self-score to learn from"),
    "untold": (
        "chưa có chỉ tiêu “{indicator}” trong số liệu",
        "the indicator “{indicator}” is not in the tables",
    ),
    "few": ("mới có {count} năm cùng kỳ", "only {count} past years"),
}
for _name, (_vi, _en) in PHRASES.items():
    labels.catalogue().setdefault(f"made_up.{_name}", {"vi": _vi, "en": _en})

# code, parent, names, maximum, expected, sd, chance of all points, share still open, last day
CRITERIA = [
    ("2.1", "D2", "Ban hành văn bản đúng luật", "Lawful documents", 6.0, 4.2, 0.6, 0.02, 0.5, "2024-12-31"),
    (
        "2.1.1",
        "2.1",
        "Xử lý văn bản trái luật",
        "Unlawful documents handled",
        3.0,
        2.4,
        0.4,
        0.2,
        0.6,
        "2024-11-30",
    ),
    (
        "2.1.2",
        "2.1",
        "Kiểm tra văn bản đúng hạn",
        "Documents inspected on time",
        3.0,
        1.8,
        0.5,
        0.03,
        0.4,
        "2024-12-15",
    ),
    (
        "2.2",
        "D2",
        "Theo dõi thi hành pháp luật",
        "Enforcement followed up",
        4.0,
        2.9,
        0.5,
        0.1,
        0.0,
        "2024-09-30",
    ),
    ("3.1", "D3", "Kiểm soát thủ tục", "Control of procedures", 4.0, 3.6, 0.2, 0.2, 0.5, "2024-12-31"),
    (
        "3.1.1",
        "3.1",
        "Công bố thủ tục kịp thời",
        "Procedures published in time",
        2.0,
        1.9,
        0.1,
        0.7,
        0.5,
        None,
    ),
    ("3.1.2", "3.1", "Rà soát thủ tục", "Procedures reviewed", 2.0, 1.7, 0.2, 0.3, 0.5, "2024-12-31"),
    ("3.2", "D3", "Giải quyết hồ sơ", "Dossiers", 5.0, 4.3, 0.3, 0.1, 0.5, "2024-12-31"),
    ("3.2.1", "3.2", "Hồ sơ đúng hạn", "Dossiers on time", 3.0, 2.6, 0.3, 0.55, 0.75, "2024-12-31"),
    ("3.2.2", "3.2", "Xin lỗi khi trễ hạn", "Apologies for late ones", 2.0, 1.7, 0.2, 0.3, 0.5, "2024-12-31"),
    (
        "3.3",
        "D3",
        "Trả lời phản ánh, kiến nghị",
        "Replies to feedback",
        4.0,
        3.6,
        0.3,
        0.2,
        0.5,
        "2024-12-31",
    ),
    ("6.1", "D6", "Sử dụng vốn nhà nước", "Use of public money", 7.0, 6.1, 0.4, 0.1, 0.7, "2025-01-31"),
    (
        "6.1.1",
        "6.1",
        "Giải ngân vốn đầu tư công",
        "Investment disbursed",
        2.0,
        1.2,
        0.5,
        0.25,
        0.9,
        "2025-01-31",
    ),
    (
        "6.1.2",
        "6.1",
        "Thu ngân sách theo kế hoạch",
        "Revenue as planned",
        5.0,
        4.9,
        0.1,
        0.8,
        0.5,
        "2024-12-31",
    ),
    ("6.2", "D6", "Tự chủ tài chính", "Financial autonomy", 5.0, 4.3, 0.4, 0.1, 0.4, "2024-12-31"),
]
RULED = {
    "3.2.1": ("steps(>=90: 2; >=95: 3)", "on_time", "Hồ sơ đúng hạn", 95.2),
    "6.1.1": ("steps(>=80: 1; >=95: 2)", "disbursed", "Giải ngân", 93.5),
}


def _scorecard_row(component, parent, kind, names, maximum, expected, sd, p_full, share, deadline, last):
    lost = maximum - expected
    top = min(maximum, expected + 1.282 * sd)
    rule, indicator, name, projected = RULED.get(component, ("", "", "", 0.0))
    gamble = _reason("made_up.gamble", threshold="95%", below=1.0, at=2.0, chance="43%") if rule else ""
    basis = _reason("made_up.indicator", name=name, projected=projected) if rule else _reason("made_up.basis")
    charge = CHARGE.get(component) or CHARGE.get(f"D{component[0]}", "")
    return (
        *(component, parent, kind, *names, maximum, "made_up", charge if component != "total" else ""),
        *("appraised", rule, indicator, pd.Timestamp(deadline), last, expected, expected),
        *(expected - 1.282 * sd, top, sd, lost, p_full, share, lost * share),
        *(0.6 * lost * share, min(lost, 1.3 * lost * share), np.nan, np.nan),
        *("both" if rule else "domain", basis, gamble),
    )


def _scorecard():
    rows = []
    for component, (median, sd, last) in POSTERIOR.items():
        kind = "total" if component == "total" else "part" if "." in component else "domain"
        parent = "" if component == "total" else "D8" if "." in component else "total"
        maximum = MAXIMA.get(component, {"total": 100.0, "D8.sipas": 10.0, "D8.outcome": 6.5}.get(component))
        known = KNOWN.get(component, last if component == "total" else np.nan)
        figures = (maximum, median, sd, 0.004, 0.4, None if component == "total" else "2024-12-31")
        rows.append(_scorecard_row(component, parent, kind, (component, component), *figures, known))
        rows += [
            _scorecard_row(
                *(code, above, "subcriterion" if code.count(".") == 2 else "criterion", (vi, en)),
                *(*figures, np.nan if code != "3.2.1" else 2.75),
            )
            for code, above, vi, en, *figures in CRITERIA
            if f"D{code[0]}" == component
        ]
    table = pd.DataFrame(rows, columns=result.SCORECARD_COLUMNS)
    finest = ~table["component"].isin(table["parent"])
    table["lever_rank"] = table["winnable"].where(finest).rank(ascending=False, method="first")
    table["risk_rank"] = (table["lost"] * table["sd"]).where(finest).rank(ascending=False, method="first")
    return table.assign(deadline=table["deadline"].astype("datetime64[s]"))


def _projections():
    months, few = "2024-01..2024-09", _reason("made_up.few", count=1)
    rows = [
        (
            "on_time",
            "Hồ sơ đúng hạn",
            "%",
            months,
            95.4,
            95.2,
            94.1,
            96.3,
            5.0,
            "pace",
            "",
            "Dossiers on time",
        ),
        (
            "disbursed",
            "Giải ngân vốn đầu tư công",
            "%",
            months,
            38.1,
            93.5,
            84.0,
            97.0,
            5.0,
            "pace",
            "",
            "Public investment disbursed",
        ),
        (
            "revenue",
            "Thu ngân sách",
            "tỷ đồng",
            "2024-Q2",
            91000.0,
            *[np.nan] * 3,
            1.0,
            "",
            few,
            "Budget revenue",
        ),
    ]
    return pd.DataFrame(rows, columns=result.PROJECTION_COLUMNS)


def _department(department, component, given, corrected, pool, words, **more):
    median, sd, _ = POSTERIOR[component]
    low, likely, high = given
    bias = likely - corrected if corrected else 0.0
    reason = _reason("made_up.bias", bias=round(bias, 2), count=4) if bias else _reason("made_up.no_bias")
    row = {
        **dict.fromkeys(result.DEPARTMENT_COLUMNS, np.nan),
        **dict(zip(("given_reason", "remedy"), words, strict=True)),
        **dict(zip(("low", "likely", "high"), given, strict=True)),
        **dict(zip(("pool_median", "pool_lower", "pool_upper"), pool, strict=True)),
        "department": department,
        "component": component,
        "name_vi": component,
        "name_en": component,
        "max_score": MAXIMA[component],
        "last": KNOWN.get(component, np.nan),
        "model_median": median,
        "model_lower": median - 1.282 * sd,
        "model_upper": median + 1.282 * sd,
        "bias": bias,
        "bias_reason": reason,
        "corrected_low": low - bias,
        "corrected_likely": likely - bias,
        "corrected_high": high - bias,
        "combined_median": (median + likely - bias) / 2,
        "combined_lower": (median + low - bias) / 2 - 0.2,
        "combined_upper": (median + high - bias) / 2 + 0.2,
        "gap": likely - bias - median,
        "disagrees": not np.isnan(pool[0]),
        "due": pd.NaT,
        "received_on": pd.Timestamp("2024-09-27"),
        "form_version": "1",
        "submission_id": "made-up",
    }
    return {**row, **more}


def _departments():
    none, due = (np.nan,) * 3, {"due": pd.Timestamp("2024-11-30")}
    rows = [
        _department("Sở Nội vụ", "D1", (8.4, 8.9, 9.2), 8.7, none, ("", ""), self_score=9.1),
        _department("Sở Nội vụ", "D4", (9.0, 9.4, 9.8), 0, none, ("Sắp xếp xong 5 phòng", ""), **due),
        _department(
            *("Sở Tư pháp", "D2", (9.0, 9.4, 9.8), 9.1, (8.2, 6.4, 9.6)),
            ("Đã xử lý xong 12 văn bản", "Kiểm tra hết văn bản trước tháng 12"),
            **due,
            self_score=9.5,
        ),
        _department("Sở Tài chính", "D6", (10.0, 10.5, 11.0), 0, none, ("", "Họp giao ban hằng tuần")),
        _department("Văn phòng UBND Thành phố", "D3", none, 0, none, ("", "")),
    ]
    return pd.DataFrame(rows)[list(result.DEPARTMENT_COLUMNS)].astype({"due": "datetime64[s]"})


def _department_domains():
    table = _departments().dropna(subset="likely")
    summed = table.assign(answered=1, disagreeing=table["disagrees"].astype(int))
    return summed[list(result.DEPARTMENT_DOMAIN_COLUMNS)].reset_index(drop=True)


def _status():
    due = pd.Timestamp("2024-09-30")
    rows = [
        ("Sở Nội vụ", "sent", due, pd.Timestamp("2024-09-27"), 0.0, 2.0, 4.0, 1.0, 0.0, "D4", 0.2),
        ("Sở Tư pháp", "sent", due, pd.Timestamp("2024-09-30"), 0.0, 1.0, 1.0, 0.0, 1.0, "D2", 2.0),
        ("Sở Tài chính", "late", due, pd.Timestamp("2024-10-06"), 6.0, 1.0, 1.0, 0.0, 0.0, "D6", 0.1),
        (
            "Văn phòng UBND Thành phố",
            "sent",
            due,
            pd.Timestamp("2024-09-27"),
            0.0,
            0.0,
            1.0,
            0.0,
            0.0,
            "",
            np.nan,
        ),
        ("Sở Kế hoạch và Đầu tư", "missing", due, pd.NaT, 20.0, 0.0, 1.0, 0.0, 0.0, "", np.nan),
        ("Sở Thông tin và Truyền thông", "missing", due, pd.NaT, 20.0, 0.0, 1.0, 0.0, 0.0, "", np.nan),
    ]
    days = {"due_on": "datetime64[s]", "received_on": "datetime64[s]"}
    return pd.DataFrame(rows, columns=result.STATUS_COLUMNS).astype(days)


def _scenarios():
    untold = _reason("made_up.untold", indicator="DTI")
    rows = [
        ("continue", "Tiếp tục như hiện nay", "Carrying on as now",
         86.4, 84.0, 88.8, 0.0, 0.0, 0.0, 34, 18, 50, ""),
        ("overdue", "Xong mọi việc quá hạn trước 31/12", "All overdue remedies done by 31/12",
         87.1, 84.8, 89.4, 0.68, 0.31, 1.02, 29, 14, 46, ""),
        ("disbursed", "Giải ngân đạt 95%", "Disbursement reaches 95%",
         86.9, 84.6, 89.1, 0.45, 0.12, 0.81, 31, 15, 47, ""),
        ("harder", "Bộ tiêu chí năm nay khó hơn 3 điểm", "This year's criteria are 3 points harder",
         83.4, 80.9, 85.9, -3.0, -3.0, -3.0, 34, 18, 50, ""),
        ("digital", "Chuyển đổi số đạt mức 80", "Digital transformation reaches 80", *[np.nan] * 9, untold),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=result.SCENARIO_COLUMNS)


def _scenario_targets():
    chances = {
        "continue": (0.04, 0.09),
        "overdue": (0.07, 0.15),
        "disbursed": (0.06, 0.13),
        "harder": (0.04, 0.09),
    }
    rows = [
        (scenario, "rank", "<=", float(place), pd.Timestamp(day), chance)
        for scenario, both in chances.items()
        for place, day, chance in zip((15, 10), ("2024-01-03", "2024-05-10"), reversed(both), strict=True)
    ]
    return pd.DataFrame(rows, columns=result.SCENARIO_TARGET_COLUMNS)


def _remedies():
    rows = [
        (
            "Sở Tư pháp",
            "2.1.1",
            "Xử lý hết văn bản trái luật",
            "Bà A",
            "2024-09-15",
            "doing",
            0.4,
            35.0,
            "Còn 3 văn bản",
        ),
        ("Quận 5", "3.2.1", "Thư xin lỗi khi trễ hạn", "Ông B", "2024-10-10", "planned", 0.15, 10.0, ""),
        ("Sở Tài chính", "6.1.1", "Giao ban giải ngân hằng tuần", "", "2024-12-31", "doing", 0.5, 0.0, ""),
        ("Sở Nội vụ", "", "Tập huấn công chức", "Phòng CCHC", None, "done", np.nan, 0.0, ""),
    ]
    table = pd.DataFrame(rows, columns=result.REMEDY_COLUMNS)
    return table.assign(due=pd.to_datetime(table["due"]).astype("datetime64[s]"))


def _units():
    rows = [
        ("Sở Tư pháp", "department", True, 1.0, 0.0, 1.0),
        ("Sở Nội vụ", "department", True, 1.0, 1.0, 0.0),
        ("Sở Y tế", "department", False, 0.0, 0.0, 0.0),
        ("Quận 5", "district", True, 1.0, 0.0, 1.0),
        ("Quận 7", "district", False, 0.0, 0.0, 0.0),
        ("Huyện Cần Giờ", "district", False, 0.0, 0.0, 0.0),
    ]
    return pd.DataFrame(rows, columns=result.UNIT_COLUMNS)


def _provinces():
    rows = [
        ("Lào Cai", 87.1, 30.0, 87.4, 85.2, 89.6, 26.0, 14.0, 40.0, 0.64),
        ("Hà Nam", np.nan, 31.0, 86.9, 82.0, 90.1, 29.0, 11.0, 50.0, 0.54),
        ("TP. Hồ Chí Minh", 86.97, 33.0, 86.6, 84.4, 88.6, 31.0, 18.0, 44.0, np.nan),
        ("Bến Tre", 85.6, 35.0, 86.2, 83.9, 88.5, 33.0, 19.0, 47.0, 0.47),
        ("Cà Mau", np.nan, np.nan, 85.3, 80.6, 89.4, 38.0, 15.0, 58.0, 0.41),
    ]
    return pd.DataFrame(rows, columns=result.PROVINCE_COLUMNS)


def _ladder():
    rows = [
        (20, 88.1, 1.5, 0.4, 2.6, 0.12),
        (15, 88.7, 2.1, 0.9, 3.3, 0.05),
        (10, 89.4, 2.8, 1.4, 4.1, 0.004),
    ]
    return pd.DataFrame(rows, columns=result.LADDER_COLUMNS)


def _peers():
    gaps = {"total": (0.8, 0.64), "D1": (0.1, 0.55), "D2": (0.9, 0.98), "D3": (0.5, 0.7), "D4": (-0.7, 0.2)}
    rows = [("Lào Cai", name, gap, gap - 1, gap + 1, p) for name, (gap, p) in gaps.items()]
    return pd.DataFrame(rows, columns=result.PEER_COLUMNS)


def _decisions():
    nothing = {"unit": "", "action": "", "due": pd.NaT, "deadline": pd.NaT, "days_overdue": 0.0}
    goal = {"rank_before": 31.0, "quantity": "rank", "value": 15.0, "p_before": 0.05}
    rows = [
        {
            "kind": "remedy",
            "component": "3.2.1",
            "unit": "Văn phòng UBND Thành phố",
            "responsible": "Văn phòng UBND Thành phố",
            "action": "Công khai <b>hồ sơ</b> trễ hạn",
            "due": pd.Timestamp("2024-09-30"),
            "deadline": pd.Timestamp("2024-11-30"),
            "days_overdue": 20.0,
            "points": 0.5,
            "points_lower": 0.3,
            "points_upper": 0.5,
            "rank_after": 27.0,
            "p_after": 0.09,
        },
        {
            "kind": "criterion",
            "component": "2.1.1",
            "responsible": "Sở Tư pháp",
            "points": 0.2,
            "points_lower": 0.0,
            "points_upper": 0.4,
            "rank_after": 31.0,
            "p_after": 0.06,
        },
        {
            "kind": "together",
            "component": "total",
            "responsible": "",
            "days_overdue": 2.0,
            "points": 0.7,
            "points_lower": 0.4,
            "points_upper": 0.9,
            "rank_after": 25.0,
            "p_after": 0.12,
        },
        {
            "kind": "half_point",
            "component": "total",
            "responsible": "",
            "points": 0.5,
            "points_lower": 0.5,
            "points_upper": 0.5,
            "rank_after": 27.0,
            "p_after": 0.09,
        },
    ]
    table = pd.DataFrame([nothing | goal | row for row in rows], columns=result.DECISION_COLUMNS)
    return table.astype({"due": DAY_DTYPE, "deadline": DAY_DTYPE})


def _path():
    rows = [
        ("2024-06-30", 86.1, 83.0, 88.9, 36.0, "", np.nan, "", "", "", 0),
        (
            *("2024-10-20", 86.6, 84.4, 88.6, 31.0, "figures", 0.5),
            *("PAR | 2023 | Hà Nội | total | value", "", "", 3),
        ),
    ]
    table = pd.DataFrame(rows, columns=result.PATH_COLUMNS)
    return table.assign(as_of=pd.to_datetime(table["as_of"]).astype(DAY_DTYPE))


@pytest.fixture(scope="session")
def example_manifest():
    """The record of one run, as far as lists of runs tell it."""
    spec = {"index_code": "PAR", "area": AREA, "target_year": 2024, "as_of": "2024-10-20"}
    return Manifest(
        run_id="2024-10-20_PAR_tp-ho-chi-minh_2024_0badcafe",
        spec={**spec, "force": True},
        lang="vi",
        inputs=Inputs(data={}, notebooks={}, code="", versions={}),
        pages=("meeting", "total", "domain-D1"),
        finished_at="2024-10-20T08:00:00+07:00",
    )


@pytest.fixture(scope="session")
def provinces(example_manifest):
    """Made-up forecasts of all provinces but one, whose run failed: what the page over all of them shows."""
    table = pd.read_csv(ROOT / "data" / "areas.csv").query("kind == 'province'")
    names, regions = table["area"].tolist(), table["region"].tolist()
    rows = [
        {
            "place": place + 1,
            "area": names[place],
            "region": regions[place],
            "median": 91 - place / 5,
            "lower": 89 - place / 5,
            "upper": 93 - place / 5,
            "last_year": 2023,
            "last": 90 - place / 6,
            "last_known": place % 7 > 0,
            "last_rank": float(place + 1) if place % 7 else np.nan,
            "change": 1 - place / 30,
            "rank_median": float(place + 1),
            "rank_lower": float(max(1, place - 8)),
            "rank_upper": float(min(63, place + 9)),
            "p_top10": max(0.002, 0.99 - place / 20),
            "p_top15": max(0.004, 0.995 - place / 30),
            "page": f"run-{place}/meeting.html",
        }
        for place in range(len(names) - 1)
    ]
    reason = {"vi": "lỗi giả định", "en": "a made-up error"}
    return Ranking(example_manifest, pd.DataFrame(rows), ((names[-1], reason),), mixed=False)
