"""Remedy plans: who has none, what is overdue.  Made-up figures."""

import datetime as dt

import pandas as pd

from forecast.answer.scorecard.remedies import of_year, remedy_table, unit_table

UNITS = pd.DataFrame(
    [("Sở Nội vụ", "department", "SNV"), ("Quận 1", "district", "Q1|Q.1"), ("Quận 3", "district", "")],
    columns=["unit", "kind", "aliases"],
)
REMEDIES = pd.DataFrame(
    [
        ("SNV", "1.1", "a", "2024-09-30", "doing", 0.5),
        ("Sở Nội vụ", "1.2", "b", "2024-10-20", "planned", 0.1),
        ("Sở Nội vụ", "1.2", "c", "2024-01-31", "done", 0.1),
        ("Q.1", "", "d", None, "planned", float("nan")),
        ("Quận 1", "2.1", "e", "2024-08-01", "dropped", 0.2),
    ],
    columns=["unit", "component", "action", "due", "state", "expected_effect"],
).assign(responsible="", note="", due=lambda table: pd.to_datetime(table["due"]))


def test_overdue_counts_from_the_day_after_the_due_day():
    """Due on the day is in time; done and dropped are never overdue; no due day, no delay."""
    table = remedy_table(REMEDIES, UNITS, dt.date(2024, 10, 20)).set_index("action")

    assert table["days_overdue"].to_dict() == {"a": 20, "b": 0, "c": 0, "d": 0, "e": 0}
    assert table.index[0] == "a"
    assert table.loc["a", "unit"] == "Sở Nội vụ"


def test_units_are_counted_against_the_list():
    """A unit whose remedies were all dropped has no plan any more than one that never had any."""
    table = unit_table(remedy_table(REMEDIES, UNITS, dt.date(2024, 10, 20)), UNITS).set_index("unit")

    assert table["has_plan"].to_dict() == {"Sở Nội vụ": True, "Quận 1": True, "Quận 3": False}
    assert table.loc["Sở Nội vụ", ["remedies", "done", "overdue"]].tolist() == [3, 1, 1]
    assert table.loc["Quận 1", "remedies"] == 1


def test_nothing_recorded_is_nobody_with_a_plan():
    """Without remedies every unit of the list is without a plan."""
    table = unit_table(remedy_table(REMEDIES.iloc[:0], UNITS, dt.date(2024, 10, 20)), UNITS)

    assert not table["has_plan"].any()
    assert (table["remedies"] == 0).all()


def test_remedies_belong_to_their_area_and_year():
    """Another area's units, and what is due in another year, do not count; no due day: the year of record."""
    units = UNITS.assign(area=["Hà Nội", "Hà Nội", "Đà Nẵng"])
    rows = pd.concat([REMEDIES, REMEDIES.iloc[[0]].assign(unit="Quận 3", action="f")], ignore_index=True)
    rows = rows.assign(recorded_on=pd.Timestamp("2024-07-01"))
    rows.loc[rows["action"] == "c", "due"] = pd.Timestamp("2023-12-31")

    plans, here = of_year(rows, units, "Hà Nội", 2024)

    assert plans["action"].tolist() == ["a", "b", "d", "e"]
    assert here["unit"].tolist() == ["Sở Nội vụ", "Quận 1"]
    assert of_year(rows, units, "Huế", 2024)[0].empty
    assert len(of_year(rows, units.iloc[:0], "Huế", 2024)[0]) == 5
