"""Who has sent, who is late, who is missing, and what disagrees with the models.  All figures made up."""

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest

from forecast.answer.result import STATUS_COLUMNS
from forecast.answer.submissions import compare_with_models, departments, latest, status
from forecast.base.spec import RunSpec

FIRST, SECOND, THIRD = "Sở Nội vụ", "Sở Tư pháp", "Sở Tài chính"


def told(office, rows: list[tuple], as_of: str, comparison: pd.DataFrame | None = None) -> pd.DataFrame:
    """Ask for the status with forms of (id, department, component, likely, received)."""
    day = dt.date.fromisoformat(as_of)
    spec = RunSpec(index_code="PAR", area="TP. Hồ Chí Minh", target_year=2024, as_of=day)
    known, framework = office.known(day)
    return status(dataclasses.replace(known, submissions=forms(rows)), framework, spec, comparison).set_index(
        "department", drop=False
    )


def forms(rows: list[tuple], area: str = "TP. Hồ Chí Minh", year: int = 2024) -> pd.DataFrame:
    """Build a table of forms."""
    frame = pd.DataFrame(rows, columns=["submission_id", "department", "component", "likely", "received_on"])
    return frame.assign(
        received_on=pd.to_datetime(frame["received_on"]).astype("datetime64[s]"),
        index_code="PAR",
        area=area,
        target_year=year,
        low=frame["likely"] - 1,
        high=frame["likely"] + 1,
    )


def test_each_department_in_charge_has_its_row(plain_office):
    """Sent in time, late, or missing, with days counted from 30 September."""
    frame = told(
        plain_office,
        [
            ("a", FIRST, "D1", 8.0, "2024-09-30"),
            ("a", FIRST, "D4", np.nan, "2024-09-30"),
            ("b", SECOND, "D2", 8.0, "2024-10-02"),
        ],
        "2024-10-10",
    )

    assert tuple(frame.columns) == STATUS_COLUMNS
    assert len(frame) == 6
    assert frame["state"].value_counts().to_dict() == {"missing": 4, "sent": 1, "late": 1}
    assert frame.loc[[FIRST, SECOND, THIRD], "days_late"].tolist() == [0, 2, 10]
    assert frame.loc[FIRST, ["components", "expected"]].tolist() == [1, 4]
    assert frame["due_on"].dt.date.unique().tolist() == [dt.date(2024, 9, 30)]
    assert pd.isna(frame.loc[THIRD, "received_on"])


def test_nobody_is_late_before_the_deadline(plain_office):
    """Who is missing in August is not behind."""
    frame = told(plain_office, [], "2024-08-15")

    assert set(frame["state"]) == {"missing"}
    assert set(frame["days_late"]) == {0}


def test_a_later_form_does_not_make_a_department_late(plain_office):
    """It sent in time and mended afterwards; the earlier form is counted."""
    rows = [("a", SECOND, "D2", 8.0, "2024-09-01"), ("b", SECOND, "D2", 8.5, "2024-10-05")]
    row = told(plain_office, rows, "2024-10-10").loc[SECOND]

    assert (row["state"], row["days_late"], row["earlier"]) == ("sent", 0, 1)
    assert row["received_on"].date() == dt.date(2024, 10, 5)


def test_the_widest_disagreement_is_named(plain_office):
    """With a comparison: how many components are apart, and the largest gap; without, nothing is said."""
    rows = [("a", FIRST, "D1", 8.0, "2024-09-01"), ("b", SECOND, "D2", 8.0, "2024-09-01")]
    gaps = [
        (FIRST, "D1", 0.5, True),
        (FIRST, "D4", -2.0, True),
        (FIRST, "D5", 3.0, False),
        (SECOND, "D2", 1, False),
    ]
    comparison = pd.DataFrame(gaps, columns=["department", "component", "gap", "disagrees"])
    frame = told(plain_office, rows, "2024-10-10", comparison)
    without = told(plain_office, rows, "2024-10-10")

    assert frame.loc[FIRST, ["disagreeing", "component", "gap"]].tolist() == [2, "D4", -2.0]
    assert frame.loc[SECOND, ["disagreeing", "component"]].tolist() == [0, ""]
    assert np.isnan(frame.loc[THIRD, "disagreeing"])
    assert without["disagreeing"].isna().all()


def test_ranges_apart_are_a_disagreement_by_hand():
    """7 to 9 against 9.5 to 11 are apart by a gap of -2; against 8.9 to 11 they meet."""
    last = forms([("a", FIRST, "D1", 8.0, "2024-09-01"), ("a", FIRST, "D4", 8.0, "2024-09-01")])
    model = pd.DataFrame({"component": ["D1", "D4"], "median": 10.0, "lower": [9.5, 8.9], "upper": 11.0})

    assert compare_with_models(last, model)[["gap", "disagrees"]].values.tolist() == [
        [-2.0, True],
        [-2.0, False],
    ]


def test_the_latest_form_of_each_department_counts():
    """By day, then by place in the file; other years and areas do not count."""
    rows = [
        ("a", FIRST, "D1", 8.0, "2024-09-02"),
        ("b", FIRST, "D1", 8.1, "2024-09-02"),
        ("c", FIRST, "D1", 8.2, "2024-09-01"),
        ("d", SECOND, "D2", 7.0, "2024-09-01"),
    ]
    other = [forms([("e", FIRST, "D1", 1.0, "2024-09-09")], year=2023)]
    other.append(forms([("f", FIRST, "D1", 1.0, "2024-09-09")], area="Hà Nội"))
    found = latest(
        pd.concat([forms(rows), *other]), area="TP. Hồ Chí Minh", index_code="PAR", target_year=2024
    )

    assert found["submission_id"].tolist() == ["b", "d"]
    assert found.index.tolist() == [0, 1]


def test_no_forms_at_all_is_a_table_too(plain_office):
    """Before anybody has sent."""
    known, framework = plain_office.known()

    assert len(departments(framework)) == 6
    assert latest(known.submissions, area="TP. Hồ Chí Minh", index_code="PAR", target_year=2024).empty


@pytest.mark.parametrize("column", ["received_on", "due_on"])
def test_days_are_days(plain_office, column):
    """As everywhere in the package."""
    assert told(plain_office, [], "2024-08-15")[column].dtype == "datetime64[s]"
