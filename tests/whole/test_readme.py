"""README.md says what the code does: its table of past forecasts, its commands, its pictures and links."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from forecast import cli
from forecast.result import Result

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


def test_the_table_of_past_forecasts_is_the_one_that_the_code_makes(tool: ModuleType, made: Result):
    """Same models in the same order, figures within the last digit that is shown."""
    found = RECORD.search(README)
    assert found is not None
    shown, fresh = found[1].splitlines(), tool.record_lines(made)
    assert [line.split("|")[1] for line in shown] == [line.split("|")[1] for line in fresh]
    assert len(shown) > 4
    for one, other in zip(shown[2:], fresh[2:], strict=True):
        count, error, inside, ratio, cells = figures(one)
        expected = figures(other)
        assert (count, cells) == (expected[0], expected[4])
        assert error == pytest.approx(expected[1], abs=0.101)
        assert inside == pytest.approx(expected[2], abs=2)
        assert ratio == pytest.approx(expected[3], abs=0.02)


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
