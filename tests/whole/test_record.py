"""The record of earlier years: made as it would have been, judged by what came later."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from forecast.answer import pipeline, record
from forecast.answer.record import joined, past_forecasts
from forecast.answer.result import VERIFICATION_COLUMNS, Result
from forecast.base.errors import TooFewYearsError
from forecast.base.spec import RunSpec, same_day
from forecast.data import load
from forecast.data.load import Known
from forecast.data.tables import FORECAST_COLUMNS
from forecast.model import score

DATA = Path(__file__).parents[2] / "data"
CITY = "TP. Hồ Chí Minh"


def test_no_outcome_was_out_when_its_forecast_was_made(made: Result):
    """Of every forecast in the record, no source had published the outcome on or before its day."""
    raw = pd.read_csv(DATA / "scores.csv")
    scored = raw[raw["score"].notna() & (raw["statistic"] == "value")]
    first_day = scored.groupby(["index_code", "area", "component", "year"])["published_on"].min()
    keys = made.backtest[["index_code", "area", "component", "target_year", "as_of"]].drop_duplicates()
    assert len(keys) > 100
    for index_code, area, component, year, day in keys.itertuples(index=False):
        assert first_day[index_code, area, component, year] > day.date().isoformat()


def test_the_record_is_made_on_the_same_day_of_each_year(made: Result):
    """As of 20 October of the year itself, for each year from 2018 to last year."""
    days = made.backtest.groupby("target_year")["as_of"].agg(set)
    assert days.to_dict() == {year: {pd.Timestamp(year, 10, 20)} for year in range(2018, 2024)}
    assert same_day(dt.date(2024, 2, 29), -1) == dt.date(2023, 2, 28)


def test_outcomes_are_the_settled_scores(made: Result, known: Known):
    """What a forecast is judged by is the score that the door settled on, of provinces' totals alone."""
    rows = made.backtest.drop_duplicates(["index_code", "area", "target_year"])
    settled = known.scores[(known.scores["statistic"] == "value") & (known.scores["component"] == "total")]
    settled = settled.set_index(["index_code", "area", "year"])["score"]
    keys = zip(rows["index_code"], rows["area"], rows["target_year"], strict=True)
    assert [settled[key] for key in keys] == rows["observed"].tolist()
    assert set(made.backtest["component"]) == {"total"}
    assert rows["observed"].notna().all()


def test_main_and_plain_models_are_judged_side_by_side(made: Result):
    """The record holds the main model for every outcome, and last year's value wherever there is one."""
    table = made.backtest
    main = table[table["model"] == "evidence"]
    cells = table.drop_duplicates(["index_code", "area", "target_year"])
    assert len(main) == len(cells) * len(made.spec.quantile_levels)
    assert {"last_value", "ensemble"} <= set(table["model"])
    assert table["value"].notna().all()


class Asked(list[tuple[Known, RunSpec]]):
    """A stand-in for the forecast that keeps what it was asked."""

    def __call__(self, known: Known, spec: RunSpec) -> pd.DataFrame:
        """Forecast 80 for the city, in both indexes."""
        self.append((known, spec))
        rows = [
            (code, "", CITY, "total", spec.target_year, pd.Timestamp(spec.as_of), "x")
            for code in ("PAR", "SIPAS")
        ]
        columns = list(FORECAST_COLUMNS)
        return pd.DataFrame([(*row, "quantile", "0.5", 80.0) for row in rows], columns=columns)


SPEC = RunSpec(index_code="PAR", area=CITY, target_year=2024, as_of=dt.date(2024, 10, 20))


@pytest.fixture(scope="module")
def vintages() -> load.Vintages:
    """The project's tables, from which any day can be cut."""
    return load.read_vintages(DATA)


def test_each_year_is_asked_of_what_was_known_then(vintages: load.Vintages, known: Known):
    """The forecast of a past year gets that day's tables and a spec of that day, never forced."""
    asked = Asked()
    joined(past_forecasts(vintages, known, replace(SPEC, force=True), asked))
    assert [spec.target_year for _, spec in asked] == list(range(2018, 2024))
    for then, spec in asked:
        assert then.as_of == spec.as_of == dt.date(spec.target_year, 10, 20)
        assert (then.scores["published_on"] <= pd.Timestamp(spec.as_of)).all()
        assert not spec.force


def codes_of_2022(data: Path) -> list[str]:
    """Which indexes the record made in March 2024 has of the year 2022."""
    vintages, day = load.read_vintages(data), dt.date(2024, 3, 1)
    spec = replace(SPEC, target_year=2023, as_of=day)
    found = joined(past_forecasts(vintages, vintages.known_at(day), spec, Asked())).quantiles
    return found.loc[found["target_year"] == 2022, "index_code"].tolist()


def test_what_was_out_already_is_no_outcome(tmp_path: Path):
    """A survey result that came out before the index is left out of that day's record, the index stays in."""
    data = tmp_path / "data"
    shutil.copytree(DATA, data)
    facts = {"index_code": "SIPAS", "year": 2022, "area": CITY, "component": "total", "statistic": "value"}
    facts |= {"score": 80.0, "unit": "percent", "published_on": "2023-01-15", "trust": "official"}
    facts |= {"source_url": "https://made-up.invalid/early", "note": "bịa để kiểm thử"}
    with (data / "scores.csv").open(encoding="utf-8") as file:
        columns = file.readline().strip().split(",")
    with (data / "scores.csv").open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, columns, restval="", lineterminator="\n").writerow(facts)
    assert codes_of_2022(DATA) == ["PAR", "SIPAS"]
    assert codes_of_2022(data) == ["PAR"]


def test_years_that_cannot_be_forecast_are_left_out(vintages: load.Vintages, known: Known):
    """A typed refusal of one year leaves the others, and of all years an empty record with its columns."""

    def refusing(_: Known, spec: RunSpec) -> pd.DataFrame:
        if spec.target_year != 2020:
            raise TooFewYearsError.of("x", 2, 1)
        return Asked()(_, spec)

    def never(_: Known, __: RunSpec) -> pd.DataFrame:
        raise TooFewYearsError.of("x", 2, 1)

    assert set(joined(past_forecasts(vintages, known, SPEC, refusing)).quantiles["target_year"]) <= {2020}
    empty = joined(past_forecasts(vintages, known, SPEC, never))
    assert empty.quantiles.empty
    assert list(empty.quantiles.columns) == list(record.COLUMNS)
    assert set(empty.cells.columns) >= set(VERIFICATION_COLUMNS)


def test_a_broken_model_is_not_swallowed(vintages: load.Vintages, known: Known):
    """Only typed refusals leave a year out; a programming error comes up."""

    def broken(_: Known, __: RunSpec) -> pd.DataFrame:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        joined(past_forecasts(vintages, known, SPEC, broken))


def test_the_backtest_of_the_index_is_the_record_of_the_report(made: Result):
    """`forecast backtest --as-of` and a report of the same day hold the same forecasts and outcomes."""
    table, changed = pipeline.record_of(pipeline.project_data(), "PAR", made.spec.as_of)
    own = made.backtest[made.backtest["index_code"] == "PAR"]
    told = own.assign(quantile_level=own["output_type_id"].astype(float))
    keys = ["model", "area", "component", "target_year", "quantile_level"]
    both = table.merge(told, on=keys, suffixes=("", "_told"))
    assert len(both) == len(table) == len(told)
    assert both["predicted"].tolist() == both["value"].tolist()
    assert both["observed"].tolist() == both["observed_told"].tolist()
    assert {2018, 2022} <= set(changed)


def test_totals_are_scored_alike_in_both_tables(made: Result):
    """Median, range and CRPS of a total are those of its quantiles; each forecast has one row."""
    cells = made.verification[made.verification["component"] == "total"]
    keys = ["model", "index_code", "area", "target_year"]
    assert len(cells) == len(made.backtest.drop_duplicates(keys))
    one = cells[(cells["model"] == "evidence") & (cells["index_code"] == "PAR")].iloc[-1]
    rows = made.backtest[(made.backtest[keys] == one[keys]).all(axis=1)]
    levels = rows["output_type_id"].astype(float).to_numpy()
    expected = score.crps_from_quantiles(one["observed"], rows["value"].to_numpy(), levels=levels)
    assert one["crps"] == pytest.approx(float(expected), abs=1e-4)
    told = dict(zip(levels.round(3).tolist(), rows["value"], strict=True))
    assert (one["median"], one["lower"], one["upper"]) == (told[0.5], told[0.1], told[0.9])


def test_domains_and_parts_are_scored_where_they_are_known(made: Result, known: Known):
    """Every domain has a past result, in points of its maximum: percents of D3 in 2023 are of 13 points."""
    own = made.verification[
        (made.verification["model"] == "evidence") & (made.verification["index_code"] == "PAR")
    ]
    assert {f"D{k}" for k in range(1, 9)} | {"D8.sipas", "D8.outcome", "rank", "total"} == set(
        own["component"]
    )
    published = known.scores[
        (known.scores["component"] == "D3")
        & (known.scores["unit"] == "percent")
        & (known.scores["statistic"] == "value")
        & known.scores["score"].notna()
        & (known.scores["year"] == 2023)
    ]
    assert len(published)
    for row in published.to_dict("records"):
        (cell,) = own[
            (own["component"] == "D3") & (own["target_year"] == 2023) & (own["area"] == row["area"])
        ]["observed"]
        assert cell == pytest.approx(row["score"] / 100 * 13)


def test_ranks_are_scored_where_the_rank_of_the_year_before_was_known(made: Result, known: Known):
    """The model and the plain reference speak of the same ranks, each published in both years by its day."""
    ranks = made.verification[made.verification["component"] == "rank"]
    assert set(ranks["model"]) == {"evidence", "last_rank"}
    rows = known.scores[(known.scores["component"] == "total") & (known.scores["statistic"] == "value")]
    told = rows[rows["rank"].notna()].set_index(["index_code", "area", "year"])["rank"].to_dict()
    cells = {
        model: set(part[["index_code", "area", "target_year"]].itertuples(index=False, name=None))
        for model, part in ranks.groupby("model")
    }
    assert cells["evidence"] == cells["last_rank"]
    assert len(cells["evidence"]) >= 90
    for index_code, area, year in cells["evidence"]:
        assert (index_code, area, year - 1) in told
    observed = zip(*(ranks[c] for c in ("index_code", "area", "target_year", "observed")), strict=True)
    assert all(told[code, area, year] == rank for code, area, year, rank in observed)
    assert ranks["lower"].le(ranks["median"]).all()
    assert ranks["median"].le(ranks["upper"]).all()
    assert ranks["lower"].min() >= 1
    assert ranks["upper"].max() <= 63


def test_years_of_a_new_method_are_marked(made: Result):
    """SIPAS got a new questionnaire in 2022, the index new criteria in 2018 to 2020 and 2022."""
    marked = made.verification[made.verification["new_method"]]
    assert set(marked.loc[marked["index_code"] == "SIPAS", "target_year"]) == {2022}
    assert set(marked.loc[marked["index_code"] == "PAR", "target_year"]) == {2018, 2019, 2020, 2022}
