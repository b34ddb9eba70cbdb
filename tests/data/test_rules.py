"""Scoring rules: from an indicator's value to points, as one cell of text says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.base.errors import SpecError
from forecast.data import rules

values = st.floats(-50, 250, allow_nan=False)
maxima = st.sampled_from([0.25, 0.5, 1.0, 1.5, 2.0])
written = st.sampled_from(
    [
        *("yes_no", "yes_no(>=95)", "yes_no(<=0)", "steps(>=80: 0.25; >=95: 0.5)", "steps(<=2: 1; <=5: 0.5)"),
        *("linear(60: 0; 100: 1.5)", "linear(0: 1; 30: 0)", "proportional", "proportional(90)"),
        *("deduct(0.25)", "deduct(0.25; 1)", "survey", "survey(580)", "manual"),
    ]
)


@pytest.mark.parametrize(
    ("text", "value", "points"),
    [
        ("yes_no", 1, 1.0),
        ("yes_no", 0, 0.0),
        ("yes_no(>=95)", 95, 1.0),
        ("yes_no(>=95)", 94.9, 0.0),
        ("yes_no(<=0)", 0, 1.0),
        ("yes_no(<=0)", 1, 0.0),
        ("steps(>=80: 0.25; >=95: 0.5)", 79.9, 0.0),
        ("steps(>=80: 0.25; >=95: 0.5)", 80, 0.25),
        ("steps(>=80: 0.25; >=95: 0.5)", 120, 0.5),
        ("steps(<=2: 1; <=5: 0.5)", 2, 1.0),
        ("steps(<=2: 1; <=5: 0.5)", 5, 0.5),
        ("steps(<=2: 1; <=5: 0.5)", 6, 0.0),
        ("linear(60: 0; 100: 1)", 70, 0.25),
        ("linear(60: 0; 100: 1)", 50, 0.0),
        ("linear(0: 1; 30: 0)", 15, 0.5),
        ("proportional", 50, 0.5),
        ("proportional(90)", 45, 0.5),
        ("deduct(0.25)", 3, 0.25),
        ("deduct(0.25)", 9, 0.0),
        ("deduct(0.25; 0.5)", 9, 0.5),
        ("survey(580)", 82, 0.82),
    ],
)
def test_points_by_hand(text, value, points):
    """Each kind of rule gives what its sentence says, at and around its thresholds."""
    assert rules.parse(text).points(value, 1.0) == pytest.approx(points)


@given(text=written, value=values, maximum=maxima)
def test_points_stay_within_the_maximum(text, value, maximum):
    """No value earns less than nothing or more than the maximum; a manual rule says nothing."""
    points = rules.parse(text).points(value, maximum)

    assert np.isnan(points) if text == "manual" else 0 <= points <= maximum


@given(text=written, maximum=maxima, pair=st.tuples(values, values))
def test_points_move_one_way(text, maximum, pair):
    """More never turns good into bad and back: each rule is monotone."""
    rule = rules.parse(text)
    low, high = (float(rule.points(value, maximum)) for value in sorted(pair))
    falls = rule.downward or rule.kind == "deduct" or text == "linear(0: 1; 30: 0)"

    assert rule.kind == "manual" or (high <= low + 1e-12 if falls else high >= low - 1e-12)


@given(text=written)
def test_a_rule_reads_back_what_it_writes(text):
    """The stored form and the rule are one."""
    rule = rules.parse(text)

    assert rules.parse(str(rule)) == rule
    assert str(rule) == text


def test_a_missing_value_earns_a_missing_number():
    """Nothing known of an indicator is not nothing earned."""
    assert np.isnan(rules.parse("deduct(0.25)").points([np.nan], 1.0)).all()


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Bậc (≥ 80%: 0,25; ≥ 95%: 0,5)", "steps(>=80: 0.25; >=95: 0.5)"),
        ("Trừ điểm(0,25)", "deduct(0.25)"),
        ("tuyến tính (100: 1,5; 60: 0)", "linear(60: 0; 100: 1.5)"),
        ("Có/Không", "yes_no"),
        ("Khảo sát (580)", "survey(580)"),
        ("Thủ công", "manual"),
        ("tỷ lệ thuận", "proportional"),
        ("Tỷ lệ (90 %)", "proportional(90)"),
    ],
)
def test_vietnamese_forms_are_understood(text, same):
    """Names, commas and signs as an analyst writes them mean the same rule."""
    assert str(rules.parse(text)) == same


@pytest.mark.parametrize("text", ["stairs(>=80: 1)", "??", "()", ""])
def test_an_unknown_rule_is_refused_with_what_is_known(text):
    """A name that is none of the seven is told, with the seven."""
    with pytest.raises(SpecError) as caught:
        rules.parse(text)

    assert caught.value.key == "rule.unknown"
    assert "steps" in caught.value.text("vi")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "steps",
            "steps(>=80)",
            "steps(>=80: 0.5; >=95: 0.25)",
            "steps(>=80: 1; <=5: 2)",
            "steps(>=80: -1)",
        ),
        *("steps(>=80: 0.5; >=80: 0.75)", "steps(<=2: 0.5; <=5: 1)", "linear(60: 0)", "linear(60: 0; 60: 1)"),
        *("proportional(0)", "proportional(a)", "deduct", "deduct(0)", "deduct(-1)", "survey(0.5)"),
        *("survey(0)", "manual(1)", "yes_no(a)", "yes_no(>=1; >=2)", "linear(60: -1; 100: 1)"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_an_example(text):
    """Thresholds that give less for more, missing or negative numbers: told, with the right form."""
    with pytest.raises(SpecError) as caught:
        rules.parse(text)

    assert caught.value.key == "rule.form"
    assert caught.value.facts["example"] in rules.EXAMPLES.values()


@pytest.mark.parametrize("text", ["steps(>=0.00001: 0.5; >=1234567.25: 1)", "proportional(123456789)"])
def test_a_stored_rule_keeps_every_digit(text):
    """Thresholds in million đồng are long; what is written is read as the same rule."""
    assert str(rules.parse(text)) == text


@pytest.mark.parametrize("text", [f"deduct({'9' * 400})", f"proportional({'9' * 400})"])
def test_a_number_beyond_all_figures_is_no_rule(text):
    """It would be taken for infinity; the message stays short."""
    with pytest.raises(SpecError) as caught:
        rules.parse(text)

    assert caught.value.key == "rule.form"
    assert len(caught.value.text("vi")) < 300
