"""The plain models beside the main one: each says something, or says why not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecast.answer.members import NAMES, fit_members, member_rows, published, with_halves
from forecast.answer.result import Result
from forecast.data.framework import Framework
from forecast.data.load import Known
from forecast.model.covariates import Covariates
from forecast.model.evidence import Evidence
from forecast.model.statements import observe
from forecast.model.subject import subject_of
from forecast.pages.reading import sentence


@pytest.fixture(params=["made", "early", "first"])
def result(request: pytest.FixtureRequest) -> Result:
    """The full results of three days."""
    return request.getfixturevalue(request.param)


def test_no_model_is_silently_absent(result: Result):
    """Availability has a row for every model and component, and a reason for every refusal."""
    table = result.availability
    components = [("PAR", c) for c in result.summary["component"]] + [("SIPAS", "total")]
    expected = {(name, code, c) for name in NAMES for code, c in components}
    assert set(zip(table["model"], table["index_code"], table["component"], strict=True)) == expected
    assert len(table) == len(expected)
    assert (table["available"] == (table["reason"] == "")).all()
    for reason in table.loc[~table["available"], "reason"].unique():
        assert sentence(reason, "vi") != sentence(reason, "en") != ""


def test_a_model_forecasts_exactly_what_it_is_available_for(result: Result):
    """FORECAST rows of the city exist for the available pairs of model and component, and no others."""
    rows = result.forecast
    rows = rows[(rows["area"] == result.spec.area) & (rows["output_type"] == "quantile")]
    made = set(zip(rows["model"], rows["index_code"], rows["component"], strict=True))
    told = result.availability[result.availability["available"]]
    available = set(zip(told["model"], told["index_code"], told["component"], strict=True))
    assert {key for key in made if key[0] != "evidence"} == available
    main = {("PAR", c) for c in result.summary["component"]} | {("SIPAS", "total")}
    assert {key[1:] for key in made if key[0] == "evidence"} == main


def test_the_last_value_stays_where_it_was(made: Result):
    """The city's median by the simplest model is its last published score."""
    rows = made.forecast[made.forecast["model"] == "last_value"]
    rows = rows[(rows["area"] == made.spec.area) & (rows["output_type_id"] == "0.5")]
    medians = rows.set_index(["index_code", "component"])["value"]
    assert medians["PAR", "total"] == pytest.approx(86.97, abs=1e-3)
    assert medians["SIPAS", "total"] == pytest.approx(81.78, abs=1e-3)
    assert medians["PAR", "D3"] == pytest.approx(0.8512 * 13, abs=1e-3)


def test_plain_models_see_published_scores_as_percent_of_the_maximum(known: Known):
    """By hand: points of a year become percent of that year's maximum; ranks and means are not scores."""
    subject = subject_of(known, "PAR", 2024)
    _, statements, uses = observe(known.scores, subject, Evidence().start)
    seen = published(known.scores, statements, uses, "PAR")
    assert seen["score"].between(0, 100).all()
    assert set(seen["area"]) <= set(known.provinces)
    city = seen[seen["area"] == "TP. Hồ Chí Minh"].set_index(["component", "year"])["score"]
    assert city["total", 2023] == pytest.approx(86.97)
    assert city["D3", 2023] == pytest.approx(85.12)
    survey = published(known.scores, statements, uses, "SIPAS")
    assert set(survey["component"]) == {"total"}


def test_without_any_score_every_model_says_so(known: Known, made: Result):
    """No published score at all: no rows, and a reason for each model and component."""
    subject = subject_of(known, "PAR", 2024)
    ranks_only = known.scores.assign(score=float("nan"))
    _, statements, uses = observe(ranks_only, subject, Evidence().start)
    table = known.frameworks[known.frameworks["framework"] == "876/QĐ-BNV"].reset_index(drop=True)
    framework = Framework("876/QĐ-BNV", 2024, "876/QĐ-BNV", table, table.iloc[:0])
    nothing = Covariates((), (2024,), (), (), np.zeros((0, 1, 0)), np.zeros(0))
    fits = fit_members(known, subject, statements, uses, made.spec, nothing)
    rows, availability = member_rows(fits, made.spec, framework)
    assert rows.empty
    assert isinstance(rows, pd.DataFrame)
    assert not availability["available"].any()
    assert availability["reason"].str.contains("member.nothing").all()


def test_halves_of_d8_follow_from_the_survey_and_the_domain(known: Known):
    """By hand: of D8's 16.5 points 10 are the survey's; 80 percent of them less 8.4 leaves 4.8 of 6.5."""
    subject = subject_of(known, "PAR", 2024)
    columns = ["area", "component", "year", "score"]
    seen = pd.DataFrame(
        [("A", "D8", 2023, 80.0), ("B", "D8", 2023, 50.0), ("B", "D1", 2023, 9.0)], columns=columns
    )
    survey = pd.DataFrame(
        [("A", "total", 2023, 84.0), ("B", "total", 2023, 90.0), ("C", "total", 2023, 70.0)], columns=columns
    )
    maxima = subject.schemes[2023].maxima
    assert (maxima["D8"], maxima["D8.sipas"], maxima["D8.outcome"]) == (16.5, 10.0, 6.5)

    more = with_halves(seen, survey, subject).set_index(["component", "area"])["score"]

    assert more["D8.sipas"].to_dict() == {"A": 84.0, "B": 90.0, "C": 70.0}
    assert more["D8.outcome"]["A"] == pytest.approx(100 * (13.2 - 8.4) / 6.5)
    assert "B" not in more["D8.outcome"]  # 8.25 points in all cannot hold 9 of the survey
    told = pd.concat([seen, pd.DataFrame([("A", "D8.sipas", 2023, 86.0)], columns=columns)])
    kept = with_halves(told, survey, subject).set_index(["component", "area"])["score"]
    assert kept["D8.sipas", "A"] == 86.0
    assert kept["D8.outcome", "A"] == pytest.approx(100 * (13.2 - 8.6) / 6.5)
