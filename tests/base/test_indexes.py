"""The declaration of the indexes: what it must hold, and that it is the only place."""

from __future__ import annotations

import math
import re
import tomllib
from pathlib import Path

import pytest

from forecast.base import indexes, labels
from forecast.data.tables import COMPONENTS, SCORES

ROOT = Path(__file__).parents[2]
FILE = ROOT / "src" / "forecast" / "base" / "indexes.toml"
ONE = """
[ONE]
name = { vi = "Một", en = "One" }
short = { vi = "Một", en = "One" }
figures = "scores"
forecast = true
departments = true
first_year = 2020
maximum = 10
domains = ["A", "B"]
maxima = { A = 6, B = 4 }
"""


def test_what_the_tables_may_hold_is_what_is_declared():
    """By hand: the codes, the components of each in their order, and the survey's place."""
    assert indexes.FORECAST_CODES == ("PAR", "SIPAS", "PAPI", "PCI", "DTI")
    assert indexes.RELATED_CODES == ("PAPI", "PCI", "DTI")
    assert SCORES.column("index_code").choices == ("PAR", "SIPAS")
    assert COMPONENTS["PAPI"] == ("total", *(f"P{k}" for k in range(1, 9)))
    assert len(COMPONENTS["PAR"]) == 1 + 8 + 2 + 4 + 7
    assert indexes.INDEXES["PAR"].survey_component == "D8.sipas"
    assert indexes.panel_of("SIPAS") == indexes.MAIN == "PAR"


def test_the_scale_of_a_year_is_what_its_publisher_printed():
    """By hand: PAPI had six dimensions of ten points until 2017, eight since; PAR has frameworks."""
    papi = indexes.INDEXES["PAPI"]
    assert [papi.scale(year, "total") for year in (2017, 2018)] == [60, 80]
    assert papi.scale(2017, "P3") == 10
    assert indexes.INDEXES["DTI"].scale(2022, "total") == 1
    assert math.isnan(indexes.INDEXES["PAR"].scale(2022, "D3"))


def test_the_declaration_is_read_whole():
    """Each field comes back as it was written."""
    index = indexes.declared(tomllib.loads(ONE))["ONE"]
    assert index.components == ("total", "A", "B")
    assert index.maxima == {"A": 6.0, "B": 4.0}
    assert (index.panel, index.basis, index.survey) == ("ONE", "criteria", "")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("B = 4", "B = 5", "add up to 10"),
        ('"A", "B"', '"A"', "no component 'B'"),
        ("maximum = 10", 'maximum = 10\ninside = "TWO"', "unknown index 'TWO'"),
        ("departments = true", "departments = false", "of one index"),
        ('domains = ["A", "B"]\nmaxima = { A = 6, B = 4 }', "", "has domains"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(old: str, new: str, reason: str):
    """With the index and what is wrong with it."""
    assert old in ONE
    with pytest.raises(ValueError, match=re.escape(reason)):
        indexes.declared(tomllib.loads(ONE.replace(old, new)))


def test_every_index_has_its_words_in_both_languages():
    """Its name, its short name, and a short name of each domain."""
    for code, index in indexes.INDEXES.items():
        for lang in labels.LANGUAGES:
            assert labels.text(f"index.{code}", lang) == index.name[lang]
            assert labels.text(f"short_index.{code}", lang)
            assert all(labels.text(f"component.{domain}", lang) for domain in index.domains)


def test_no_other_code_knows_an_index_by_name():
    """Codes of indexes stand in the declaration; beside it where printed tables are recognised."""
    code = re.compile(rf"[\"']({'|'.join(indexes.INDEXES)})[\"']")
    lines = {
        path.relative_to(ROOT / "src" / "forecast").as_posix()
        for path in (ROOT / "src" / "forecast").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if code.search(line) and ">>>" not in line and not line.lstrip().startswith(("(", "'"))
    }
    assert lines <= {
        "intake/additions/headings.py",  # headings as the publishers print them
        "pages/report/front.py",  # on which index starting values were measured
        "base/spec.py",  # an example in a docstring
    }
