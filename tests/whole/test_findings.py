"""What readers are told agrees with the forecast it is read off, and says what it rests on."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from forecast.answer.result import Result, table_names
from forecast.data.load import Known
from forecast.pages.reading import sentence

CITY = "TP. Hồ Chí Minh"
Ask = Callable[..., Result]

SUMMARY = (
    *("component", "parent", "max_score", "max_status", "responsible", "last_year", "last_known"),
    *("last_median", "last_lower", "last_upper", "median", "lower", "upper", "lower95", "upper95"),
    *("change", "p_fall", "last_rank", "basis"),
)


def quantiles(result: Result, component: str) -> pd.Series:
    """The main model's quantiles of one component of the city, by level."""
    rows = result.forecast
    rows = rows[
        (rows["index_code"] == result.spec.index_code)
        & (rows["area"] == result.spec.area)
        & (rows["component"] == component)
        & (rows["model"] == "evidence")
        & (rows["output_type"] == "quantile")
    ]
    return pd.Series(rows["value"].to_numpy(), index=rows["output_type_id"].astype(float))


def test_the_summary_is_read_off_the_forecast(made: Result, early: Result, ask: Ask):
    """Median and ranges of each line are quantiles of FORECAST; change is the median less last year."""
    for result in (made, early, ask(dt.date(2024, 10, 20), 2024, index_code="SIPAS")):
        assert tuple(result.summary.columns) == tuple(made.summary.columns)
        assert tuple(result.summary.columns) == SUMMARY
        for line in result.summary.itertuples():
            levels = quantiles(result, line.component)
            found = [line.lower95, line.lower, line.median, line.upper, line.upper95]
            assert found == levels[[0.025, 0.1, 0.5, 0.9, 0.975]].tolist()
            assert line.change == pytest.approx(line.median - line.last_median, abs=1e-4)
            assert 0 <= line.p_fall <= 1
            if not line.last_known:
                assert line.last_lower <= line.last_median <= line.last_upper


def test_last_year_is_the_published_score_where_there_is_one(made: Result, known: Known):
    """By hand: 86.97 in all, D3 85.12 percent of 13, D4 88.75 percent of 10.5; the rest is estimated."""
    last = made.summary.set_index("component")
    assert last["last_known"].to_dict() == {c: c in {"total", "D3", "D4"} for c in last.index}
    assert last.loc["total", "last_median"] == pytest.approx(86.97)
    assert last.loc["D3", "last_median"] == pytest.approx(0.8512 * 13, abs=1e-3)
    assert last.loc["D4", "last_median"] == pytest.approx(0.8875 * 10.5, abs=1e-3)
    # SIPAS was 81.78 percent, so its part of D8 was near 8.18 points, or somewhat more (the offset).
    assert 8.178 < last.loc["D8.sipas", "last_median"] < 8.178 + 0.3
    estimates = last.loc[[f"D{k}" for k in (1, 2, 5, 6, 7, 8)], "last_median"].sum()
    assert estimates + last.loc[["D3", "D4"], "last_median"].sum() == pytest.approx(86.97, abs=1.0)


def test_the_chance_of_a_fall_agrees_with_the_quantiles(made: Result):
    """Where last year is known, the chance to end below it lies between the levels that embrace it."""
    for line in made.summary[made.summary["last_known"]].itertuples():
        levels = quantiles(made, line.component)
        below, above = levels[levels < line.last_median], levels[levels > line.last_median]
        assert below.index.max() - 0.02 <= line.p_fall <= above.index.min() + 0.02


def test_unknown_domains_are_wider_than_known_ones(made: Result):
    """Of last year a published domain is a figure, the others are ranges of some percent of the maximum."""
    table = made.history[made.history["year"] == 2023].set_index("component")
    assert table.loc[["total", "D3", "D4"], "known"].all()
    others = table.loc[~table["known"]]
    assert (others["upper"] - others["lower"] > 0.2).all()


def test_the_chances_of_the_targets_are_sums_of_the_rank_table(made: Result, known: Known):
    """Top 15 and top 10 are as likely as the ranks that make them up."""
    told = made.targets.set_index("value")["probability"]
    for place in (15, 10):
        assert told[place] == pytest.approx(made.rank.loc[made.rank["rank"] <= place, "probability"].sum())
    assert len(made.targets) == (known.targets["index_code"] == "PAR").sum()
    rows = made.forecast[made.forecast["output_type"] == "pmf"]
    np.testing.assert_allclose(rows["value"], made.rank["probability"], atol=1e-6)


def test_history_has_each_year_once_and_shows_what_was_published(made: Result, early: Result, first: Result):
    """Every component has every year up to the target year, published as it was or with its range."""
    for result in (made, early, first):
        table = result.history
        years = range(2012, result.spec.target_year)
        assert sorted(zip(table["component"], table["year"], strict=True)) == sorted(
            (c, y) for c in result.summary["component"] for y in years
        )
        estimated = table[~table["known"]]
        assert (estimated["lower"] <= estimated["median"]).all()
        assert (estimated["median"] <= estimated["upper"]).all()
        assert table["median"].between(0, 100).all()
        assert table.loc[table["known"], ["lower", "upper"]].isna().all(axis=None)
    known_totals = made.history.query("component == 'total' and known").set_index("year")["median"]
    assert known_totals[[2012, 2021, 2022, 2023]].tolist() == pytest.approx([83.83, 86.05, 84.70, 86.97])


def test_a_run_for_the_survey_has_the_survey_as_its_past(ask: Ask):
    """The history of a SIPAS run is that of SIPAS: published percentages of the city, estimates between."""
    table = ask(dt.date(2024, 10, 20), 2024, index_code="SIPAS").history
    assert set(table["component"]) == {"total"}
    assert table.set_index("year").loc[2023, "median"] == pytest.approx(81.78)
    assert table.set_index("year").loc[2023, "known"]


def test_the_rank_of_a_year_without_a_score_bounds_its_history(made: Result):
    """2020: the city was 23rd, between the 10th (85.74) and the 35th (83.81); by normal scores near 84.62."""
    line = made.history.query("component == 'total' and year == 2020").iloc[0]
    assert not line["known"]
    # Normal scores of 10, 23 and 35 of 63 (Blom): 1.027, 0.365, -0.119.
    place = 83.81 + (85.74 - 83.81) * (0.365 + 0.119) / (1.027 + 0.119)
    assert line["median"] == pytest.approx(place, abs=0.2)
    assert place - 0.5 < line["lower"] < line["upper"] < place + 0.6


def test_every_known_row_is_accounted_for(made: Result, known: Known):
    """The evidence lists each settled row once, with its use; draws hold published totals."""
    assert len(made.evidence) == len(known.scores)
    rows = made.evidence.assign(off=made.evidence["observed_share"] - made.evidence["fitted"])
    totals = rows.query("use == 'score' and component == 'total' and index_code == 'PAR'")
    assert len(totals) > 80
    assert totals["off"].abs().max() < 0.001  # 0.1 points, where sources disagree; else none
    assert totals["off"].abs().median() < 1e-4
    means = rows[rows["use"] == "mean"]
    assert means.loc[means["year"] == 2023, "off"].abs().max() < 0.003
    assert (
        means.loc[means["year"] < 2023, "fitted"].isna().all()
    )  # not all provinces of these years are drawn


def test_every_phrase_can_be_told_in_both_languages(made: Result, early: Result, first: Result):
    """Whatever a table says in phrases has words for it, with every fact that they need and none empty."""
    told = 0
    for result in (made, early, first):
        for name in table_names():
            table = getattr(result, name)
            for column in table.columns.intersection(["basis", "reason", "source"]):
                for cell in table[column][table[column].astype(str).str.startswith(("{", "["))].unique():
                    parts = json.loads(cell)
                    assert sentence(cell, "vi") != sentence(cell, "en")
                    for part in parts if isinstance(parts, list) else [parts]:
                        told += 1
                        assert [] not in part["facts"].values(), cell
                        assert part["facts"].get("count", 1) > 0, cell
    assert told > 50


def test_a_forecast_rests_on_no_empty_list(ask: Ask):
    """A province without a score says so, for the index and the survey alike."""
    for index_code in ("PAR", "SIPAS"):
        for cell in ask(dt.date(2019, 10, 20), 2019, area="Điện Biên", index_code=index_code).summary[
            "basis"
        ]:
            for part in json.loads(cell):
                assert [] not in part["facts"].values()
                assert part["facts"].get("count", 1) > 0


def test_variances_say_where_they_come_from(made: Result):
    """Every variance of the model, shared or of one component, has a value and a source."""
    table = made.variances
    assert not table["name"].duplicated().any()
    assert {f"spread.{c}" for c in ("D1", "D8.sipas", "D8.outcome")} <= set(table["name"])
    assert (table["value"] > 0).all()
    keys = {
        name: json.loads(source)["key"] for name, source in zip(table["name"], table["source"], strict=True)
    }
    assert {name for name, key in keys.items() if key == "variance.papi"} == {"alike"}
    assert (keys["spread"], keys["spread.D1"]) == ("variance.own", "variance.component")


def test_targets_are_those_of_the_year(ask: Ask):
    """A run for another year names no target that was set for 2024."""
    assert ask(dt.date(2024, 4, 16), 2025).targets.empty


def test_the_vintage_counts_what_was_known(made: Result, known: Known):
    """Counts of rows are those of the door: known, later, set aside, undated."""
    count = made.vintage.set_index("name")["count"]
    assert count["rows_known"] == known.counts["known"].sum()
    assert count["set_aside"] == len(made.set_aside) == len(known.set_aside)
    assert count["undated"] == len(known.undated)
    assert count["assumed_maxima"] == 2  # D6, D7


def test_last_year_is_measured_by_the_maximum_of_the_year_forecast(ask: Ask):
    """Where the maxima changed in between, last year is the same share of the new maximum, in points."""
    # 2019 borrows the maxima of 2017, 2020 those of 2022.
    result = ask(dt.date(2024, 10, 20), 2020, force=True)
    past = result.history[result.history["year"] == 2019].set_index("component")
    rows = result.summary.set_index("component")
    assert (~rows["last_known"]).sum() > 5
    for name in ("median", "lower", "upper"):
        share = 100 * rows[f"last_{name}"] / rows["max_score"]
        np.testing.assert_allclose(share, past.loc[share.index, name], atol=1e-2)  # summary has 4 digits


def test_ranks_of_domains_reach_the_summary(made: Result):
    """The city was last in D2 and 60th in D3 in 2023; where no rank is published there is none."""
    ranks = made.summary.set_index("component")["last_rank"]
    assert ranks[["D2", "D3"]].tolist() == [63, 60]
    assert ranks[["D1", "D4"]].isna().all()


def test_a_derived_score_is_not_called_published(made: Result):
    """D3 of 2022 was derived from a change that a newspaper stated: its basis and use say so."""
    said_of = json.loads(made.summary.set_index("component").loc["D3", "basis"])
    years = {part["key"]: part["facts"].get("years") for part in said_of}
    assert (years["basis.own"], years["basis.derived"]) == ([2023], [2022])
    rows = made.evidence
    row = rows[(rows["area"] == CITY) & (rows["component"] == "D3") & (rows["year"] == 2022)].iloc[0]
    assert json.loads(row["reason"])["key"] == "use.derived"
