"""What scenarios.toml refuses, case by case, with the sentence."""

import pytest

from forecast.base.errors import DataError
from forecast.data import scenarios

HEAD = '[scenario.a]\nname_vi = "x"\n'
TABLE, NUMBERS = "a table [scenario.…]", "the form { name = number } is expected"
POINTS, NAME, QUOTED = "from −100 to 100 points", "a name of 1 to 200 letters", "words in double quotes"
NOTHING, ALONE = "this scenario changes nothing", "everywhere speaks of the points of this very scenario"
BEYOND, UTF8 = "brackets are beyond reason", "the file is no text in UTF-8"
CASES = [
    ("scenario = [1]", TABLE),
    ('scenario = "a"', TABLE),
    ("scenario = 5", TABLE),
    ("[scenario]\na = 1", TABLE),
    ("[[scenario]]\na = 1", TABLE),
    ("x = 1", "the columns taken are: scenario"),
    ("[scenarios.a]\n", "the columns taken are: scenario"),
    ("[scenario.a]\npoints = { total = 1 }", "a.name_vi: the cell is empty"),
    ("[scenario.a]\nname_vi = 5", QUOTED),
    ("[scenario.a]\nname_vi = 2024-01-01", QUOTED),
    ('[scenario.a]\nname_vi = " "', NAME),
    ('[scenario.a]\nname_vi = "a\\nb"', NAME),
    ('[scenario.a]\nname_vi = "a\\u202eb"', NAME),
    ('[scenario.a]\nname_vi = "' + "x" * 201 + '"', NAME),
    (HEAD + 'name_en = "a\\nb"', NAME),
    (HEAD + "name_en = 5", QUOTED),
    (HEAD + "point = { D1 = 1 }", "did you mean “points”?"),
    (HEAD + "points = { D1 = nan }", POINTS),
    (HEAD + "points = { D1 = inf }", POINTS),
    (HEAD + "points = { D1 = true }", POINTS),
    (HEAD + 'points = { D1 = "1" }', POINTS),
    (HEAD + "points = { D1 = 101 }", POINTS),
    (HEAD + "points = { D1 = -1e10 }", POINTS),
    (HEAD + "points = [1]", POINTS),
    (HEAD + "points = 1", POINTS),
    (HEAD + "points = { D1 = " + "9" * 5_000 + " }", BEYOND),
    (HEAD + "indicators = { rate = nan }", NUMBERS),
    (HEAD + "indicators = { rate = 1e301 }", NUMBERS),
    (HEAD + "indicators = [95]", NUMBERS),
    (HEAD + 'indicators = { rate = "95" }', NUMBERS),
    (HEAD + 'remedies = "all"', "allowed are: overdue, open"),
    (HEAD + 'remedies = ["open"]', "allowed are: overdue, open"),
    (HEAD + 'everywhere = "yes"', "true or false is expected"),
    (HEAD + "everywhere = 1", "true or false is expected"),
    (HEAD, f"a: {NOTHING}"),
    (HEAD + "points = { D1 = 0 }", f"a: {NOTHING}"),
    (HEAD + "points = {}\nindicators = {}", f"a: {NOTHING}"),
    (HEAD + "everywhere = true", ALONE),
    (HEAD + 'remedies = "open"\neverywhere = true', ALONE),
    (HEAD + "combine = ['continue']\n[scenario.continue]\nname_vi = 'y'", f"a: {NOTHING}"),
    ("[scenario.continue]\nname_vi = 'y'\npoints = { D1 = 1 }", "continue: this scenario is the forecast"),
    (HEAD + 'combine = ["b"]', "allowed are: a"),
    (HEAD + 'combine = "a"', "allowed are: a"),
    (HEAD + 'combine = [["a"]]', "allowed are: a"),
    (HEAD + 'combine = ["a"]', "combines itself"),
    (
        HEAD + 'combine = ["b"]\n[scenario.b]\nname_vi = "y"\ncombine = ["a"]',
        "b.combine: the scenario combines",
    ),
    (HEAD + HEAD, "row 3: what this row names stands above already"),
    ("[scenario.a]\nname_vi = “x”", "curly quotes"),
    ("<<<<<<< HEAD\n" + HEAD, "row 1: this row is a mark of an unfinished merge"),
    ("x = " + "[" * 100_000, BEYOND),
    (HEAD.encode("utf-16"), UTF8),
    ("[scenario.a]\nname_vi = 'Thêm'".encode("latin-1"), UTF8),
    (HEAD.encode() + b"\0", "a NUL character"),
    (b"PK\x03\x04", UTF8),
]


@pytest.mark.parametrize(("content", "words"), CASES, ids=range(len(CASES)))
def test_a_scenario_that_cannot_be(content, words):
    """The file and place are named; nothing is read as something else."""
    with pytest.raises(DataError) as refused:
        scenarios.parse(content if isinstance(content, bytes) else content.encode())

    told = refused.value.text("en")
    assert words in told
    assert "scenarios.toml" in told


@pytest.mark.parametrize("space", ["\N{NO-BREAK SPACE}", "  ", "\u200b "])
def test_a_name_from_a_word_processor_is_the_same_name(space):
    """Spaces that cannot be told apart on a page make no other scenario, and no name is refused for them."""
    text = f"[scenario.a]\nname_vi = 'Giải{space}ngân'\npoints = {{ D3 = 1 }}\n"
    again = text.replace("scenario.a", "scenario.b").replace(space, " ")

    assert [scenario.name_vi for scenario in scenarios.parse(text.encode())] == ["Giải ngân"]
    with pytest.raises(DataError, match="Giải ngân"):
        scenarios.parse((text + again).encode())
