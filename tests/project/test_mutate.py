"""The mutants that ``make mutate`` tries: one change each, in all places but words and types."""

import ast
import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = '''"""Words."""
def share(points: int = 1, *, most: "float | None" = None) -> float:
    """0.5 of 1."""
    if points < 2 and not most:
        return points / 2
    return -points if True else zip(strict=True)
@dataclass(frozen=True)
class Whole:
    most: int = 7
'''
CHANGES = {
    "2: 1  ->  2",
    "4: points < 2  ->  points <= 2",
    "4: 2  ->  3",
    "4: not most  ->  most",
    "4: points < 2 and (not most)  ->  points < 2 or not most",
    "4: if points < 2 and (not most)  ->  if not (points < 2 and (not most))",
    "5: 2  ->  3",
    "5: points / 2  ->  points * 2",
    "6: -points  ->  points",
    "6: True  ->  False",
    "6: -points if True else zip(strict=True)  ->  -points if not True else zip(strict=True)",
    "9: 7  ->  8",
}


@pytest.fixture(scope="module")
def tool():
    """The script."""
    sys.path.insert(0, str(ROOT / "tools"))  # it takes names from the script beside it
    try:
        spec = importlib.util.spec_from_file_location("mutate", ROOT / "tools" / "mutate.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(ROOT / "tools"))
    sys.modules.pop("set_up")  # other tests load it by themselves
    return module


def test_every_place_is_changed_once(tool, tmp_path):
    """Each mutant differs from the source in the place that is told, and there are no others."""
    path = tmp_path / "made_up.py"
    path.write_text(SOURCE, encoding="utf-8")
    sound = ast.unparse(ast.parse(SOURCE))
    made = []
    while (found := tool.mutant(path, len(made)))[1]:
        made.append(found)

    told = [line for _, line in made]
    texts = [ast.unparse(tree) for tree, _ in made]
    assert sorted(told) == sorted(CHANGES)
    assert sound not in texts
    assert len(set(texts)) == len(texts)


@pytest.mark.slow
def test_a_mutant_takes_the_place_of_the_sound_code_where_that_is_held(tool, tmp_path):
    """Who took a function before calls the mutant; what runs on import is told apart: it cannot be put in."""
    path = tmp_path / "made_up.py"
    path.write_text("WHOLE = 10\n\ndef half(points):\n    return points / 2\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location("made_up", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    half = module.half
    (outer, _), *inner = (tool.mutant(path, number) for number in range(3))
    sound = compile(path.read_text(encoding="utf-8"), str(path), "exec")

    results = []
    for tree, _ in inner:
        tool.put_in_place(tool.functions_of(path), path, tree)
        results.append(half(6))
        assert tool.outside(compile(tree, str(path), "exec")) == tool.outside(sound)
        assert tool.lines_of_function(tree, 4) == (3, 4)

    assert sorted(results) == [2, 12]
    assert tool.outside(compile(outer, str(path), "exec")) != tool.outside(sound)


def test_the_modules_and_their_tests_are_there(tool):
    """A module that was moved is not passed over."""
    for name, tests in tool.TESTS.items():
        assert (tool.PACKAGE / f"{name}.py").is_file()
        assert all((ROOT / test).exists() for test in tests)
