"""Read, check and write ``scenarios.toml``, the file of scenarios that an analyst can change."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from forecast.base import incoming
from forecast.base.errors import DataError, Problem
from forecast.base.spec import nearest
from forecast.base.spelling import clean

FILE: Final = "scenarios.toml"
BASE: Final = "continue"
REMEDIES: Final = ("overdue", "open")
_LARGEST: Final = 1e300  # what is not a number is not at most this either
MOST_POINTS: Final = 100  # all that an index has
MOST_NAME: Final = 200
MOST_ID: Final = 60
MOST_SCENARIOS: Final = 100  # that one table can compare
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_ID: Final = re.compile(rf"[\w-]{{1,{MOST_ID}}}")
_FIELDS: Final = ("name_vi", "name_en", "indicators", "remedies", "points", "everywhere", "combine")

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One named departure from what is expected; without any it is "continue as now".

    Attributes
    ----------
    scenario_id, name_vi, name_en
        Key, and names for readers.
    indicators
        Values at the end of the year, by indicator_code.
    remedies
        Which recorded remedies are done by the end of the year: those ``overdue`` on the day, all
        that are ``open``, or ``""`` for none.
    points
        Points added to components (less than 0: taken away); of ``total``, spread over the domains.
    everywhere
        Whether `points` hold for every province, as with harder criteria, or for the area alone.
    combine
        Other scenarios that come true together with this one.
    """

    scenario_id: str
    name_vi: str
    name_en: str = ""
    indicators: Mapping[str, float] = field(default_factory=dict)
    remedies: Literal["", "overdue", "open"] = ""
    points: Mapping[str, float] = field(default_factory=dict)
    everywhere: bool = False
    combine: tuple[str, ...] = ()

    @property
    def changes_nothing(self) -> bool:
        """Whether it is the forecast itself; what it combines is judged by itself."""
        return not (
            self.indicators or self.remedies or any(self.points.values()) or set(self.combine) - {BASE}
        )


def parse(content: bytes) -> tuple[Scenario, ...]:
    """Read the scenarios of a file's content, "continue" first.

    Raises
    ------
    DataError
        With everything that is wrong in the file.
    """
    content_of_file = incoming.toml(incoming.text(content, FILE), FILE)
    problems = [
        Problem(FILE, None, key, "", "expect.known_column", {"allowed": ["scenario"]})
        for key in content_of_file
        if key != "scenario"
    ]
    parts = content_of_file.get("scenario", {})
    if not isinstance(parts, dict):
        problems.append(Problem(FILE, None, "scenario", _toml(parts), "expect.scenario_table"))
        parts = {}
    if len(parts) > MOST_SCENARIOS:
        most = {"most": MOST_SCENARIOS}
        problems.append(Problem(FILE, None, "scenario", str(len(parts)), "expect.fewer_scenarios", most))
        parts = {}
    scenarios: list[Scenario] = []
    for name, fields in parts.items():
        if not _ID.fullmatch(name):
            problems.append(Problem(FILE, None, "scenario", name, "expect.scenario_id", {"most": MOST_ID}))
        scenario, wrong = check_fields(name, fields, tuple(parts))
        problems += wrong
        if scenario and (other := of_same_name(scenario, scenarios)):
            facts = {"name": scenario.name_vi, "scenario": other.scenario_id, "file": FILE}
            problems.append(
                Problem(FILE, None, f"{name}.name_vi", scenario.name_vi, "desk.keep.taken", facts)
            )
        scenarios += [scenario] if scenario else []
    problems += [*_circles(scenarios), *_misused(scenarios)]
    if problems:
        raise DataError(problems)
    return tuple(sorted(scenarios, key=lambda scenario: scenario.scenario_id != BASE))


def of_same_name(scenario: Scenario, others: Iterable[Scenario]) -> Scenario | None:
    """Find a scenario that readers could not tell from another, as it has one of its names."""
    names = _names(scenario)
    return next((other for other in others if names & _names(other)), None)


def _names(scenario: Scenario) -> set[str]:
    return {clean(name).casefold() for name in (scenario.name_vi, scenario.name_en) if name}


def flat(scenario: Scenario, scenarios: Iterable[Scenario]) -> tuple[Scenario, ...]:
    """Give a scenario and all that it combines, each once."""
    by_id = {part.scenario_id: part for part in scenarios}
    parts: dict[str, Scenario] = {}
    waiting = [scenario]
    while waiting:
        part = waiting.pop()
        if part.scenario_id not in parts:
            parts[part.scenario_id] = part
            waiting += [by_id[name] for name in reversed(part.combine)]
    return tuple(parts.values())


def to_toml(scenario: Scenario) -> str:
    r"""Write a scenario as a table of the file, with an end of line; what `read` gives back is the same.

    Examples
    --------
    >>> print(to_toml(Scenario(scenario_id="more", name_vi="Thêm", points={"3.2": 0.5})), end="")
    [scenario.more]
    name_vi = "Thêm"
    points = { "3.2" = 0.5 }
    """
    lines = [f"[scenario.{_key(scenario.scenario_id)}]"]
    for name in _FIELDS:
        value = getattr(scenario, name)
        if value:
            lines.append(f"{name} = {_toml(value)}")
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(name)} = {_toml(item)}' for name, item in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(item) for item in value)}]"
    # JSON's texts are TOML's too, but for a character that TOML wants escaped; so are numbers and booleans.
    return json.dumps(value, ensure_ascii=False, default=str).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _toml(name)


def check_fields(name: str, fields: Any, others: tuple[str, ...]) -> tuple[Scenario | None, list[Problem]]:
    """Make a scenario of the fields of its table, or say everything that is wrong with them.

    It may combine the `others`, the identifiers of all scenarios.
    """
    if not isinstance(fields, dict):
        return None, [Problem(FILE, None, name, _toml(fields), "expect.scenario_table")]
    problems = [
        Problem(FILE, None, f"{name}.{field_name}", _toml(value), key, facts)
        for field_name, value in fields.items()
        for key, facts in [_wrong(field_name, value, others)]
        if key
    ]
    if "name_vi" not in fields:
        problems.append(Problem(FILE, None, f"{name}.name_vi", "", "expect.something"))
    if fields.get("everywhere") is True and not fields.get("points"):
        problems.append(Problem(FILE, None, f"{name}.everywhere", "true", "expect.points_everywhere"))
    if problems:
        return None, problems
    names = {key: clean(fields[key]) for key in ("name_vi", "name_en") if key in fields}
    return Scenario(scenario_id=name, **{**fields, **names, "combine": tuple(fields.get("combine", ()))}), []


def _wrong(name: str, value: Any, others: tuple[str, ...]) -> tuple[str, Facts]:
    """Say what is expected of a field instead of its value; an empty key if nothing else is."""
    if name not in _FIELDS:
        near = nearest(name, _FIELDS)
        key = "expect.known_column_near" if near else "expect.known_column"
        return key, {"near": near, "allowed": list(_FIELDS)}
    a_name = "expect.name_of_scenario" if isinstance(value, str) else "expect.quoted"
    rules: dict[str, tuple[bool, str, Facts]] = {
        "name_vi": (_is_name(value), a_name, {"most": MOST_NAME}),
        "name_en": (value == "" or _is_name(value), a_name, {"most": MOST_NAME}),
        "indicators": (_is_numbers(value), "expect.scenario_numbers", {}),
        "points": (_is_numbers(value, MOST_POINTS), "expect.scenario_points", {"most": MOST_POINTS}),
        "remedies": (value in REMEDIES, "expect.choice", {"allowed": list(REMEDIES)}),
        "everywhere": (isinstance(value, bool), "expect.true_false", {}),
        "combine": (_is_names(value, others), "expect.choice", {"allowed": list(others)}),
    }
    if name == "combine" and rules[name][0] and (not value or len(set(value)) < len(value)):
        return "expect.each_once", {}
    good, key, facts = rules[name]
    return ("", {}) if good else (key, facts)


def _circles(scenarios: list[Scenario]) -> list[Problem]:
    by_id = {scenario.scenario_id: scenario for scenario in scenarios}
    parts = {name: [part for part in part_of.combine if part in by_id] for name, part_of in by_id.items()}
    open_ends = dict(parts)
    while closed := [
        name for name, names in open_ends.items() if not any(part in open_ends for part in names)
    ]:
        for name in closed:
            del open_ends[name]
    return [Problem(FILE, None, f"{name}.combine", "", "expect.no_circle") for name in open_ends]


def _misused(scenarios: list[Scenario]) -> list[Problem]:
    """Report "continue" if it changes something, and others that change nothing."""
    keys = {True: "expect.scenario_base", False: "expect.scenario_change"}
    return [
        Problem(FILE, None, scenario.scenario_id, "", keys[scenario.scenario_id == BASE])
        for scenario in scenarios
        if scenario.changes_nothing != (scenario.scenario_id == BASE)
    ]


def _is_names(value: object, allowed: tuple[str, ...]) -> bool:
    return isinstance(value, list) and all(item in allowed for item in value)


def _is_name(value: object) -> bool:
    """Whether a value is a name on one line; spaces as word processors write them are spaces."""
    if not isinstance(value, str) or len(value.splitlines()) != 1:
        return False
    return 0 < len(clean(value)) <= MOST_NAME and clean(value).isprintable()


def _is_numbers(value: object, most: float = _LARGEST) -> bool:
    return isinstance(value, dict) and all(
        isinstance(item, int | float) and not isinstance(item, bool) and abs(item) <= most
        for item in value.values()
    )
