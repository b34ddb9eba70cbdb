"""README.md says what the code does: its table of past forecasts, its commands, its pictures and links."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from forecast import cli
from forecast.answer.result import Result

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
RECORD = re.compile(r"<!-- record -->\n(.*?)\n<!-- /record -->", re.DOTALL)
FIGURE = re.compile(r"\d+(?:,\d+)?")


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """The script that writes the table."""
    spec = importlib.util.spec_from_file_location("readme", ROOT / "tools" / "readme.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def figures(line: str) -> list[float]:
    """Figures of a line of the table, after the model's name."""
    return [float(found.replace(",", ".")) for found in FIGURE.findall(line.split("|", 2)[2])]


def test_the_tables_of_past_forecasts_are_those_that_the_code_makes(tool: ModuleType, made: Result):
    """Same lines in the same order, figures within the last digit that is shown, and the goals of each."""
    found = RECORD.search(README)
    assert found is not None
    shown, fresh = found[1].splitlines(), tool.record_lines(made)
    first = [line.split("|")[1] if line else "" for line in shown]
    assert first == [line.split("|")[1] if line else "" for line in fresh]
    assert len(shown) > 18
    for one, other in zip(shown, fresh, strict=True):
        if one and "---" not in one and one.count("2021") == 0:
            told, expected = figures(one), figures(other)
            assert len(told) == len(expected)
            for place, (value, wanted) in enumerate(zip(told, expected, strict=True)):
                digits = 2 if place in {2, 3, 4} else 0.101  # percent; else points, or a ratio
                assert value == pytest.approx(wanted, abs=digits)


def test_the_readme_says_why_the_survey_stands_twice_and_what_the_sample_is():
    """SIPAS without its new questionnaire has a reason; the sample is the years."""
    assert "phiếu hỏi mới" in README
    assert "mẫu là sáu năm" in README


def test_the_table_stands_where_it_is_written(tool: ModuleType):
    """Written again with other lines, only what lies between the marks changes."""
    changed = tool.with_record(README, ["made up"])
    assert changed == RECORD.sub("<!-- record -->\nmade up\n<!-- /record -->", README)
    assert changed.count("made up") == 1


@pytest.mark.parametrize("verb", sorted(set(re.findall(r"forecast (\w+) --", README))))
def test_each_option_of_the_readme_exists(verb: str, capsys: pytest.CaptureFixture[str]):
    """Whatever `forecast <verb> --option` the README shows is in the verb's help."""
    assert cli.run([verb, "--help"]) == 0
    told = capsys.readouterr().out
    for line in re.findall(rf"forecast {verb} (--[^`\n]*)", README):
        for option in re.findall(r"--[a-z][a-z-]*", line):
            assert option in told


def test_what_the_readme_points_to_is_there():
    """Pictures, documents and headings that it links to exist."""
    for target in re.findall(r"\]\(([^)]+)\)", README):
        if target.startswith("#"):
            headings = re.findall(r"^#+ (.+)$", README, re.MULTILINE)
            slugs = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]
            assert target[1:] in slugs
        elif "://" not in target:
            assert (ROOT / target).exists(), target
