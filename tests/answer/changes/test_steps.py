"""Each move is the sum of its steps, and each step has its rows."""

import json
import math
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.answer import changes, panel_forecast, pipeline
from forecast.answer.changes.tables import _moves
from forecast.base.errors import TooFewYearsError
from forecast.pages import reading
from forecast.runs.files import sha256

STEPS = ("indicators", "figures", "framework", "departments")
edits = st.dictionaries(
    st.sampled_from(STEPS), st.tuples(st.integers(0, 50), st.integers(40, 95)), max_size=4
)


@settings(max_examples=4)
@given(edits=edits, later=st.booleans())
def test_the_steps_of_every_component_add_up_to_its_move(made, at, published, medians, edits, later):
    """Whatever changes, nothing is left over, and only steps move something of which a row is listed."""
    known = at[made.MEETING if later else made.EARLY]
    for step, (place, value) in edits.items():
        known = made.EDITS[step](known, place, float(value))
    now = medians(known)

    found = changes.change_tables(published, known, made.SPEC, now, medians)

    table, rows = found["changes"], found["changed_rows"]
    before = pd.read_csv(published / "summary.csv").set_index("component")["median"]
    whole = table[table["step"] == "total"].set_index("component")
    parts = table[table["step"] != "total"]
    assert whole["after"].to_dict() == now
    np.testing.assert_allclose(whole["effect"], whole["after"] - before[whole.index], atol=1e-9)
    summed = parts.groupby("component")["effect"].sum().reindex(whole.index, fill_value=0.0)
    np.testing.assert_allclose(summed, whole["effect"], atol=1e-9)
    for component, own in parts.groupby("component"):
        ends = [before[component], *own["after"]]
        assert own["before"].tolist() == ends[:-1]
        assert ends[-1] == now[component]
    assert set(parts["step"]) <= set(rows["step"])
    assert set(rows["step"]) - {""} <= set(edits) | ({"indicators", "departments"} if later else set())
    assert (rows["published_on"].dropna() <= pd.Timestamp(made.MEETING)).all()


def test_the_medians_of_the_steps_are_those_that_are_published(made, at, medians):
    """Nothing is left to chance: for the same seed a step's end is the forecast itself."""
    known = at[made.MEETING]

    found = pipeline.forecast(known, made.SPEC).summary

    assert medians(known) == dict(zip(found["component"], found["median"], strict=True))


def test_an_indicator_moves_its_own_domain_alone(made, at, published, medians):
    """News of one thing is no noise in another."""
    known = at[made.EARLY]
    late = known.indicators["indicator_code"] == "gd_legal_docs_wrong"
    known = replace(known, indicators=known.indicators[~late].reset_index(drop=True))

    found = changes.change_tables(published, known, made.SPEC, medians(known), medians)

    moved = found["changes"].query("step == 'indicators'")["component"].tolist()
    assert moved == ["total", "D2"]
    assert set(found["changed_rows"]["component"]) == {"D2"}


def test_an_experts_word_is_a_step_of_its_own(made, at, published, medians):
    """What was entered moves its domain under its own name, and nothing else is given a move."""
    wider = at[made.EARLY].elasticities.assign(low=0.2, high=0.3)
    known = replace(at[made.EARLY], elasticities=wider)

    found = changes.change_tables(published, known, made.SPEC, medians(known), medians)

    moves = found["changes"].set_index(["step", "component"])["effect"]
    assert set(moves.index.get_level_values("step")) <= {"total", "experts"}
    assert abs(moves["experts", "D6"]) > 0.01
    assert moves["experts", "D6"] == moves["total", "D6"]


def test_where_nothing_changed_nothing_moves_and_nothing_is_computed(made, at, published, medians):
    """The same data again: no effect, no row, and no model is run."""
    now = medians(at[made.EARLY])

    found = changes.change_tables(
        published, at[made.EARLY], made.SPEC, now, lambda _: pytest.fail("computed")
    )

    assert found["changed_rows"].empty
    assert (found["changes"]["step"] == "total").all()
    assert (found["changes"]["effect"] == 0).all()
    assert found["previous"]["as_of"].tolist() == [pd.Timestamp(made.EARLY)]
    assert found["previous"]["reason"].tolist() == [""]


def test_what_other_code_found_is_the_models_step(made, at, medians, example, tmp_path):
    """The old report had other medians on the same data: the model moved them, and no row is shown."""
    now = medians(at[made.EARLY])
    folder = made.written(tmp_path / "old", {name: value - 0.25 for name, value in now.items()}, example)

    found = changes.change_tables(folder, at[made.EARLY], made.SPEC, now, medians)

    assert found["changed_rows"].empty
    assert set(found["changes"]["step"]) == {"total", "model"}
    np.testing.assert_allclose(found["changes"]["effect"], 0.25, atol=1e-9)


def test_the_panel_is_computed_once_for_each_state_of_its_own_tables(made, at, published, monkeypatch):
    """Forms need no new posterior: only published figures, the framework and indicators do."""
    known = at[made.MEETING]
    post = panel_forecast.posterior(known, made.SPEC, np.random.default_rng(made.SPEC.seed))
    computed = []
    monkeypatch.setattr(panel_forecast, "posterior", lambda *_: computed.append(post) or post)
    medians = made.medians_of([(known, post)])

    found = changes.change_tables(published, known, made.SPEC, medians(known), medians)

    assert set(found["changed_rows"]["step"]) == {"indicators", "departments", ""}
    assert len(computed) == 1


# --- earlier reports that cannot be compared with ---------------------------------------------------------


def lose(name):
    """Lose a file."""
    return lambda folder: (folder / name).unlink()


def spoil(name, text):
    """Replace a file's content."""
    return lambda folder: (folder / name).write_text(text, encoding="utf-8")


def alter(name):
    """Add a record, then change a file that it vouches for."""

    def altered(folder):
        outputs = {
            path.relative_to(folder).as_posix(): sha256(path) for path in folder.rglob("*") if path.is_file()
        }
        (folder / "manifest.json").write_text(json.dumps({"outputs": outputs}), encoding="utf-8")
        path = folder / name
        path.write_bytes(path.read_bytes() + b"\n")

    return altered


@pytest.mark.parametrize(
    ("damage", "reason", "split"),
    [
        (lose("summary.csv"), "changes.damaged", None),
        (lose("spec.json"), "changes.damaged", None),
        (spoil("spec.json", "{"), "changes.damaged", None),
        (spoil("summary.csv", ""), "changes.damaged", None),
        (spoil("summary.csv", "name,value\na,1\n"), "changes.damaged", None),  # another layout
        (spoil("manifest.json", "[]"), "changes.damaged", None),
        (alter("summary.csv"), "changes.damaged", None),
        (lambda folder: shutil.rmtree(folder / "data"), "changes.damaged_data", "unsplit"),
        (alter("data/scores.csv"), "changes.damaged_data", "unsplit"),
        (lose("data/events.csv"), "changes.other_rules", "unsplit"),
        (spoil("data/scores.csv", "made up\n"), "changes.other_rules", "unsplit"),
    ],
)
def test_a_damaged_report_is_said_to_be_so(made, at, published, medians, tmp_path, damage, reason, split):
    """The report that is being made goes on; what can still be told is told, in words."""
    folder = tmp_path / "damaged"
    shutil.copytree(published, folder)
    damage(folder)

    found = changes.change_tables(folder, at[made.MEETING], made.SPEC, medians(at[made.MEETING]), medians)

    told = found["previous"]["reason"].iloc[0]
    assert json.loads(told)["key"] == reason
    assert reading.sentence(told, "vi") != reading.sentence(told, "en")
    assert found["changed_rows"].empty
    assert set(found["changes"]["step"]) == ({"total", split} if split else set())


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"target_year": 2025}, "changes.other_question"),
        ({"area": "Hà Nội"}, "changes.other_question"),
        ({"as_of": "later"}, "changes.later"),
    ],
)
def test_a_report_that_may_not_be_compared_with_is_refused(
    made, at, medians, example, tmp_path, changed, reason
):
    """Another question, or the knowledge of a later day, never enters a report."""
    spec = {name: value if value != "later" else made.MEETING for name, value in changed.items()}
    folder = made.written(tmp_path / "other", medians(at[made.EARLY]), example, **spec)
    asked = replace(made.SPEC, as_of=made.EARLY)

    found = changes.change_tables(folder, at[made.EARLY], asked, medians(at[made.EARLY]), medians)

    assert json.loads(found["previous"]["reason"].iloc[0])["key"] == reason
    assert found["changes"].empty
    assert found["changed_rows"].empty


def test_a_model_that_refuses_the_old_data_leaves_the_move_whole(made, at, published, medians):
    """The move is still told; that it is not split is told too."""

    def refuses(_):
        raise TooFewYearsError.of("evidence", 3, 0)

    found = changes.change_tables(published, at[made.MEETING], made.SPEC, medians(at[made.MEETING]), refuses)

    assert json.loads(found["previous"]["reason"].iloc[0])["key"] == "changes.other_model"
    assert set(found["changes"]["step"]) == {"total", "unsplit"}


# --- components that come and go --------------------------------------------------------------------------

figures = st.dictionaries(st.sampled_from("abc"), st.integers(0, 10**6).map(lambda n: n / 10**4))


@given(states=st.lists(figures, min_size=2, max_size=5))
def test_moves_add_up_whatever_components_come_and_go(states):
    """From the first state to the last, for each component that both have; others have no move."""
    moves = _moves([str(n) for n in range(len(states) - 1)], states)

    for component, after in states[-1].items():
        own = [row for row in moves if row[0] == component]
        whole = [row for row in own if row[1] == "total"]
        assert len(whole) == 1
        if component not in states[0]:
            assert len(own) == 1
            assert math.isnan(whole[0][4])
            continue
        assert sum(row[4] for row in own if row[1] != "total") == pytest.approx(whole[0][4], abs=1e-9)
        assert whole[0][4] == pytest.approx(after - states[0][component], abs=1e-9)
