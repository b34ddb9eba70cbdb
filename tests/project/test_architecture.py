"""The picture of the rooms: what is drawn is what the code imports, and nothing goes back."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "forecast"


@pytest.fixture(scope="module")
def tool():
    """The script that draws it."""
    spec = importlib.util.spec_from_file_location("architecture", ROOT / "tools" / "architecture.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def by_hand():
    """Pairs of rooms by the plainest reading of import statements."""
    pairs = set()
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).parts[0]
        if room.endswith(".py"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [name.name for name in node.names] if isinstance(node, ast.Import) else []
            pairs |= {(room, name.split(".")[1]) for name in names if name.startswith("forecast.")}
    return {(one, other) for one, other in pairs if one != other}


def test_the_imports_are_those_of_the_code(tool):
    """The graph and a plain walk over the syntax name the same pairs of rooms."""
    assert tool.imports() == by_hand()


def test_every_room_is_on_the_picture_and_nothing_goes_back(tool):
    """One box a folder; no room imports from one above it."""
    order = [room for row in tool.floors() for room in row]
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}

    assert set(order) == folders
    assert all(order.index(one) < order.index(other) for one, other in tool.imports())


def test_the_picture_is_up_to_date(tool):
    """`make architecture` would write the very file that is here."""
    assert tool.PICTURE.read_text(encoding="utf-8") == tool.svg(tool.floors(), tool.imports())


def test_an_import_that_goes_back_is_red(tool):
    """One dot a pair; one of them red where the lower room imports the higher."""
    drawn = tool.svg([["top"], ["middle"], ["low"]], {("top", "low"), ("low", "middle")})

    assert len(re.findall("<circle", drawn)) == 2
    assert drawn.count(tool.BACK) == 1


def test_every_file_that_the_page_names_is_there():
    """The way of one row names folders and modules that exist."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = [line.split("|")[2] for line in page.splitlines() if line.startswith("|") and "`" in line]
    assert len(rows) > 8
    for row in rows:
        folder = None
        for name in re.findall(r"`([\w/.]+)`", row):
            path = PACKAGE / name
            if "/" not in name or not path.exists():
                path = folder / name
            assert path.exists(), name
            folder = path.parent
