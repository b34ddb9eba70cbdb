"""Which rows are new, changed or gone."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.answer.changes.rows import COMPARED, changed_rows
from forecast.base import labels
from forecast.data import tables

STEPS = ("indicators", "figures", "framework", "departments")
edits = st.dictionaries(
    st.sampled_from(STEPS), st.tuples(st.integers(0, 50), st.integers(40, 95)), max_size=4
)


def told(rows):
    """What rows say, in no order."""
    return sorted(rows[["file", "key", "column", "old", "new", "step"]].itertuples(index=False, name=None))


@settings(max_examples=8)
@given(edits=edits, days=st.tuples(st.booleans(), st.booleans()))
def test_the_way_back_is_the_way_there_turned_round(made, at, edits, days):
    """What is new one way is gone the other way, with old and new exchanged; nothing differs from itself."""
    before, after = (at[made.MEETING if later else made.EARLY] for later in days)
    for step, (place, value) in edits.items():
        after = made.EDITS[step](after, place, float(value))

    there, back = changed_rows(before, after, made.SPEC), changed_rows(after, before, made.SPEC)

    turned = {"new": "gone", "gone": "new", "changed": "changed"}
    assert told(there) == told(back.rename(columns={"old": "new", "new": "old"}))
    assert sorted(there["kind"]) == sorted(back["kind"].map(turned))
    assert changed_rows(after, after, made.SPEC).empty


def test_a_row_that_became_known_is_new(made, at):
    """The file had it all the time; what counts is the day."""
    rows = changed_rows(at[made.EARLY], at[made.MEETING], made.SPEC)

    figures = rows[(rows["file"] == "indicators.csv") & (rows["kind"] == "new")]
    assert (figures["published_on"] > pd.Timestamp(made.EARLY)).all()
    assert (figures["published_on"] <= pd.Timestamp(made.MEETING)).all()
    one = figures[figures["key"] == f"gd_staff_over | {made.CITY} | 2024-01..2024-09"].iloc[0]
    assert (one["step"], one["component"], one["column"], one["old"], one["new"]) == (
        *("indicators", "D4", "value", "", "0"),
    )


def test_a_correction_is_a_change_of_the_figure_that_it_corrects(made, at):
    """A new row of the file with a later day settles the same figure anew."""
    rows = changed_rows(at[made.EARLY], at[made.MEETING], made.SPEC)

    changed = rows[(rows["file"] == "indicators.csv") & (rows["kind"] == "changed")]
    assert changed[["key", "old", "new"]].values.tolist() == [
        [f"grdp_growth | {made.CITY} | 2024-Q2", "6.34", "6.31"]
    ]


@pytest.mark.parametrize(("linked", "step"), [(False, ""), (True, "indicators")])
def test_an_indicator_without_a_rule_moves_what_the_catalogue_links_it_to(made, at, linked, step):
    """Without a component there it is listed, and comes last: no forecast of a domain takes it."""
    known = at[made.EARLY]
    plain = {"frameworks": known.frameworks.assign(indicator="", rule="")}
    if not linked:
        plain["indicator_types"] = known.indicator_types.assign(component="")
    after = made.EDITS["indicators"](known, 3, 77.0)

    rows = changed_rows(replace(known, **plain), replace(after, **plain), made.SPEC)

    assert rows["step"].tolist() == [step]
    assert rows["new"].tolist() == ["77"]


def test_what_an_expert_says_is_a_step_of_its_own(made, at):
    """The row names the indicator, its component and who said it; a word on another day alone is no news."""
    known = at[made.EARLY]
    without = replace(known, elasticities=known.elasticities.iloc[:0])
    wider = replace(known, elasticities=known.elasticities.assign(high=0.09))
    later = replace(known, elasticities=known.elasticities.assign(stated_on=pd.Timestamp("2024-09-01")))

    entered, changed = changed_rows(without, known, made.SPEC), changed_rows(known, wider, made.SPEC)

    assert entered[["step", "kind", "component"]].values.tolist() == [["experts", "new", "D6"]]
    assert entered["key"].iloc[0].split(" | ")[:2] == ["pub_inv_disb_rate", "D6"]
    assert changed[["step", "column", "new"]].values.tolist() == [["experts", "high", "0.09"]]
    assert changed_rows(known, later, made.SPEC).empty


def test_the_catalogue_and_related_indices_are_compared(made, at):
    """An expected sign moves the forecast; so does an index that the catalogue takes as an indicator."""
    known = at[made.EARLY]
    signed = replace(known, indicator_types=known.indicator_types.assign(sign=0.0))
    named = replace(known, indicator_types=known.indicator_types.assign(name_en="Other"))
    papi = known.related["index_code"] == "PAPI"
    related = replace(known, related=known.related[~papi].reset_index(drop=True))

    assert set(changed_rows(known, signed, made.SPEC)["step"]) == {"indicators"}
    assert changed_rows(known, named, made.SPEC).empty
    rows = changed_rows(known, related, made.SPEC)
    by_component = rows.assign(name=rows["key"].str.split(" | ", regex=False).str[3])
    assert set(by_component.loc[by_component["name"] == "total", "step"]) == {"indicators"}
    assert set(by_component.loc[by_component["name"] != "total", "step"]) <= {""}


def test_rows_in_another_order_are_said_to_be_so(made, at):
    """Draws follow the order of the framework, so even that is shown."""
    known = at[made.EARLY]
    turned = replace(known, frameworks=known.frameworks.iloc[::-1].reset_index(drop=True))

    rows = changed_rows(known, turned, made.SPEC)

    assert rows[["step", "file", "kind", "key", "column"]].values.tolist() == [
        ["framework", "frameworks.csv", "changed", "", "order"]
    ]


def test_notes_and_addresses_are_no_news(made, at):
    """What no forecast reads changes nothing."""
    known = at[made.EARLY]
    noted = replace(
        known,
        scores=known.scores.assign(note="khác", source_url="https://example.org"),
        frameworks=known.frameworks.assign(note="khác", name_vi="khác"),
    )

    assert changed_rows(known, noted, made.SPEC).empty


def test_the_survey_has_no_criteria_and_no_forms(made, at):
    """For SIPAS forms are listed, but move nothing; indicators do where the catalogue links them."""
    spec = replace(made.SPEC, index_code="SIPAS")
    early, meeting = (
        replace(at[day], indicator_types=at[day].indicator_types.assign(component=""))
        for day in (made.EARLY, made.MEETING)
    )

    assert set(changed_rows(early, meeting, spec)["step"]) == {""}
    assert set(changed_rows(at[made.EARLY], at[made.MEETING], spec)["step"]) == {"", "indicators"}


@pytest.mark.parametrize(
    ("key", "component"),
    [
        (("PAR", "D3"), "D3"),
        (("PAR", "part.appraised"), "total"),
        (("PAR", "total"), "total"),
        (("PAR", "3.1.2"), "D3"),
        (("SIPAS", "access"), "D8"),
    ],
)
def test_a_score_is_about_its_domain(made, at, key, component):
    """Parts cut across the domains; the survey is inside D8."""
    known = at[made.EARLY]
    index_code, name = key
    row = known.scores.iloc[[0]].assign(index_code=index_code, component=name, year=1999, score=50.0)
    after = replace(known, scores=pd.concat([known.scores, row], ignore_index=True))

    rows = changed_rows(known, after, made.SPEC)

    assert rows[["kind", "component", "new"]].values.tolist() == [["new", component, "50"]]


def test_every_column_that_can_change_has_a_name(at, made):
    """A reader sees no column's code."""
    names = {"order"}
    for compared in COMPARED:
        frame = getattr(
            at[made.EARLY], "related" if compared.table is tables.RELATED else compared.table.name
        )
        names |= set(frame.columns) - {*compared.key, *compared.silent}

    plain = {"value", "score", "likely", "known_on", "announced_on", "kind"}
    keys = labels.catalogue()
    assert {name for name in names - plain if f"changed_column.{name}" not in keys} == set()


def test_missing_figures_are_equal(made, at):
    """NaN beside NaN, or no day beside no day, is no change."""
    known = at[made.EARLY]
    bare = known.scores.assign(max_score=np.nan)

    assert changed_rows(replace(known, scores=bare), replace(known, scores=bare.copy()), made.SPEC).empty


def test_rows_of_indicators_have_their_english_name(made, at):
    """As the catalogue has it; other rows have none."""
    known = at[made.EARLY]
    fewer = replace(known, indicators=known.indicators.iloc[1:].reset_index(drop=True))

    (row,) = changed_rows(fewer, known, made.SPEC).itertuples()

    named = known.indicator_types.set_index("indicator_code")["name_en"]
    assert row.name_en == named.get(known.indicators["indicator_code"].iloc[0], "")
    assert row.name_en


def test_a_target_that_turned_round_is_a_change(made, at):
    """The same value with another relation aims at something else."""
    before = at[made.MEETING]
    row = {"index_code": "gd_late", "area": made.CITY, "year": 2024, "quantity": "percent", "value": 5.0}
    row |= {"set_on": pd.Timestamp(made.EARLY), "source_url": "x", "note": ""}
    states = (
        replace(before, targets=pd.DataFrame([{**row, "relation": sign}])[list(before.targets)])
        for sign in ("<=", ">=")
    )

    rows = changed_rows(*states, made.SPEC)

    assert rows[["kind", "column", "old", "new"]].values.tolist() == [["changed", "relation", "<=", ">="]]
