"""Draw the rooms of the package and their imports: docs/images/architecture.svg.

The rooms and their order are those of the first contract of import-linter in pyproject.toml, highest
first; a dot says that a room imports from another, red if it goes up.  Run it as `make architecture`.
"""

from __future__ import annotations

import sys
import tomllib
from html import escape
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "forecast"
PICTURE = ROOT / "docs" / "images" / "architecture.svg"
BOX, HIGH, ACROSS, DOWN, MARGIN = 96, 30, 78, 46, 16
INK, BACK = "#3e4c59", "#c62828"  # red: an import that goes up


def floors(pyproject: Path = ROOT / "pyproject.toml") -> list[list[str]]:
    """Read the rooms from the contract, highest first; rooms of one floor stand side by side."""
    settings = tomllib.loads(pyproject.read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(contract["layers"] for contract in settings["contracts"] if contract["type"] == "layers")
    rows = [[room.strip() for room in layer.split("|")] for layer in layers]
    return [kept for row in rows if (kept := [room for room in row if not room.startswith("_")])]


def imports() -> set[tuple[str, str]]:
    """List which room imports from which, each pair once."""
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    pairs = set()
    for module in graph.modules:
        for other in graph.find_modules_directly_imported_by(module):
            pair = _room(module), _room(other)
            if all(pair) and pair[0] != pair[1]:
                pairs.add(pair)
    return pairs


def _room(module: str) -> str:
    """Give the room of a module; an empty text for the package's own two files."""
    room = module.split(".")[1] if "." in module else ""
    return "" if room.startswith("_") else room


def svg(rows: list[list[str]], pairs: set[tuple[str, str]]) -> str:
    """Draw the rooms down a staircase; a dot says that its row's room imports from its column's."""
    rooms = [room for row in rows for room in row]
    place = {room: n for n, room in enumerate(rooms)}
    lines, dots = [], []
    for room, n in place.items():
        reached = [place[other] for one, other in pairs if one == room]
        readers = [place[one] for one, other in pairs if other == room]
        if reached:
            lines.append(_line(_x(n), _y(n), _x(max(reached)), _y(n)))
        if readers:
            lines.append(_line(_x(n), _y(min(readers)), _x(n), _y(n)))
    for one, other in sorted(pairs, key=lambda pair: (place[pair[0]], place[pair[1]])):
        colour = BACK if place[other] < place[one] else INK
        dots.append(f'<circle cx="{_x(place[other])}" cy="{_y(place[one])}" r="5" fill="{colour}"/>')
    boxes = [_box(room, n) for room, n in place.items()]
    width, height = (at(len(rooms) - 1) + half + MARGIN for at, half in ((_x, BOX // 2), (_y, HIGH // 2)))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">'
    title = "<title>Rooms of the package; a dot: the room of its row imports from the room below it</title>"
    back = f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    return "\n".join([head, title, back, *lines, *dots, *boxes, "</svg>", ""])


def _x(n: int) -> int:
    return MARGIN + BOX // 2 + n * ACROSS


def _y(n: int) -> int:
    return MARGIN + HIGH // 2 + n * DOWN


def _line(x: int, y: int, to_x: int, to_y: int) -> str:
    return f'<path d="M{x} {y}L{to_x} {to_y}" stroke="#9aa5b1"/>'


def _box(room: str, n: int) -> str:
    return (
        f'<rect x="{_x(n) - BOX // 2}" y="{_y(n) - HIGH // 2}" width="{BOX}" height="{HIGH}" rx="5"'
        f' fill="#e9eff5" stroke="{INK}"/><text x="{_x(n)}" y="{_y(n) + 5}" text-anchor="middle"'
        f' font-size="15" fill="#1f2933">{escape(room)}</text>'
    )


def main() -> int:
    """Write the picture; with ``--check`` only say whether it is up to date."""
    drawn = svg(floors(), imports())
    if "--check" in sys.argv[1:]:
        if PICTURE.is_file() and PICTURE.read_text(encoding="utf-8") == drawn:
            return 0
        print("docs/images/architecture.svg is not what the imports give: make architecture", file=sys.stderr)
        return 1
    PICTURE.write_text(drawn, encoding="utf-8", newline="\n")
    print(PICTURE.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
