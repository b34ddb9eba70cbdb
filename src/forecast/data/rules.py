"""Scoring rules as data: from an indicator's value at the end of the year to points.

A rule is one cell of the framework's table, so that an analyst can enter it in Excel:

====================================  ==============================================================
``yes_no``, ``yes_no(>=95)``          all points if the value reaches the threshold (1 if not given)
``steps(>=80: 0.25; >=95: 0.5)``      the points of the best threshold reached, else none
``linear(60: 0; 100: 1.5)``           points in a straight line between two values, level outside
``proportional``, ``...(90)``         all points at 100 (or the value given), in proportion below
``deduct(0.25)``, ``deduct(0.25; 1)``  all points less so many a case, not under 0 (or the points given)
``survey``, ``survey(580)``           the value is a survey's percent, from so many forms if given
``manual``                            no indicator says it: people do
====================================  ==============================================================

Thresholds may be ``>=`` or ``<=``, all of one rule alike.  Decimal commas are understood, and so are
the Vietnamese names of `ALIASES`.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from forecast.base.arrays import Flags, Floats
from forecast.base.errors import SpecError, shown
from forecast.base.spelling import clean

Kind = Literal["yes_no", "steps", "linear", "proportional", "deduct", "survey", "manual"]

KINDS: Final[tuple[Kind, ...]] = (
    *("yes_no", "steps", "linear", "proportional", "deduct", "survey", "manual"),
)
ALIASES: Final[dict[str, Kind]] = {
    "có/không": "yes_no",
    "có không": "yes_no",
    "bậc": "steps",
    "bậc thang": "steps",
    "tuyến tính": "linear",
    "tỷ lệ": "proportional",
    "tỷ lệ thuận": "proportional",
    "trừ": "deduct",
    "trừ điểm": "deduct",
    "khảo sát": "survey",
    "điều tra": "survey",
    "thủ công": "manual",
}
WHOLE: Final = 100.0
TOLERANCE: Final = 1e-9  # a rate of 95 that was added up from parts still reaches 95

_RULE: Final = re.compile(r"([^()]+?)\s*(?:\((.*)\))?")
_NUMBER: Final = r"[-+]?\d{1,12}(?:[.,]\d{1,12})?"
_THRESHOLD: Final = re.compile(rf"(>=|<=|≥|≤)?\s*({_NUMBER})\s*%?", flags=re.ASCII)
_PAIR: Final = re.compile(rf"(>=|<=|≥|≤)?\s*({_NUMBER})\s*%?\s*:\s*({_NUMBER})", flags=re.ASCII)


@dataclass(frozen=True, slots=True)
class Rule:
    """One scoring rule."""

    kind: Kind  # which of `KINDS`
    # values in the indicator's unit, ascending: thresholds, or the two ends of a line, or the value that
    # earns all points
    at: tuple[float, ...] = ()
    # points of each value of `at` (steps, linear); points off a case, then the least kept (deduct)
    gives: tuple[float, ...] = ()
    downward: bool = False  # thresholds are reached from above (``<=``)
    forms: int = 0  # questionnaires behind a survey's percent; 0 if not given

    def points(self, values: ArrayLike, maximum: float) -> Floats:
        """Score values in the indicator's unit; NaN where one is missing, and for a manual rule."""
        x = np.asarray(values, dtype=float)
        if self.kind in ("yes_no", "steps"):
            score = self._stepped(x, maximum)
        elif self.kind == "linear":
            score = np.interp(x, self.at, self.gives)
        elif self.kind == "deduct":
            off, least = self.gives
            score = np.maximum(maximum - off * np.maximum(x, 0.0), least)
        elif self.kind == "manual":
            return np.full(x.shape, np.nan)
        else:
            score = maximum * x / self.at[0]
        return np.where(np.isnan(x), np.nan, np.clip(score, 0.0, maximum))

    def levels(self, maximum: float) -> tuple[tuple[float, float], ...]:
        """Thresholds with their points, the easiest first; empty for rules without thresholds."""
        if self.kind == "yes_no":
            return ((self.at[0], maximum),)
        if self.kind != "steps":
            return ()
        return tuple(sorted(zip(self.at, self.gives, strict=True), key=lambda pair: (pair[1], pair[0])))

    def reached(self, values: ArrayLike, threshold: float) -> Flags:
        """Tell which values reach a threshold."""
        x = np.asarray(values, dtype=float)
        return x <= threshold + TOLERANCE if self.downward else x >= threshold - TOLERANCE

    def most(self, maximum: float) -> float:
        """Give the most points that the rule can give."""
        if self.kind in ("steps", "linear"):
            return max(self.gives)
        return maximum

    def __str__(self) -> str:
        """Write the rule as it is stored."""
        sign = "<=" if self.downward else ">="
        pairs = "; ".join(
            f"{_number_text(at)}: {_number_text(gives)}"
            for at, gives in zip(self.at, self.gives, strict=False)
        )
        written = {
            "yes_no": "" if self == Rule("yes_no", (1.0,)) else sign + "".join(map(_number_text, self.at)),
            "steps": "; ".join(f"{sign}{pair}" for pair in pairs.split("; ")),
            "linear": pairs,
            "proportional": "" if self.at == (WHOLE,) else "".join(map(_number_text, self.at)),
            "deduct": "; ".join(map(_number_text, self.gives)).removesuffix("; 0"),
            "survey": f"{self.forms}" if self.forms else "",
            "manual": "",
        }[self.kind]
        return f"{self.kind}({written})" if written else self.kind

    def _stepped(self, x: Floats, maximum: float) -> Floats:
        points = np.zeros(x.shape)
        for threshold, gives in self.levels(maximum):  # ascending in points: the best stays
            points = np.where(self.reached(x, threshold), gives, points)
        return points


@cache
def parse(text: str) -> Rule:
    """Read a rule.

    Raises SpecError ``rule.unknown`` with the nearest name, or ``rule.form`` with an example of the right
    form.

    >>> parse("steps(>=80: 0,25; >=95: 0,5)").points([79, 80, 96], 0.5)
    array([0.  , 0.25, 0.5 ])
    >>> str(parse("Trừ điểm (0,25)"))
    'deduct(0.25)'
    """
    whole = _RULE.fullmatch(clean(text))
    if not whole:
        raise SpecError("rule.unknown", {"found": shown(text), "allowed": list(KINDS)})
    name = whole[1].casefold()
    kind = ALIASES.get(name, name)
    if kind not in KINDS:
        raise SpecError("rule.unknown", {"found": shown(whole[1]), "allowed": list(KINDS)})
    parts = [part.strip() for part in (whole[2] or "").split(";") if part.strip()]
    rule = _READERS[kind](parts)
    if rule is None:
        raise SpecError("rule.form", {"found": shown(text), "example": EXAMPLES[kind]})
    return rule


EXAMPLES: Final[dict[str, str]] = {
    "yes_no": "yes_no(>=95)",
    "steps": "steps(>=80: 0.25; >=95: 0.5)",
    "linear": "linear(60: 0; 100: 1.5)",
    "proportional": "proportional(100)",
    "deduct": "deduct(0.25)",
    "survey": "survey(580)",
    "manual": "manual",
}


def _number_text(number: float) -> str:
    """Write a number in full, so that it can be read again."""
    return np.format_float_positional(number, trim="-")


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _yes_no(parts: list[str]) -> Rule | None:
    if not parts:
        return Rule("yes_no", (1.0,))
    match = _THRESHOLD.fullmatch(parts[0])
    if len(parts) > 1 or not match:
        return None
    return Rule("yes_no", (_number(match[2]),), downward=match[1] in ("<=", "≤"))


def _steps(parts: list[str]) -> Rule | None:
    matches = [_PAIR.fullmatch(part) for part in parts]
    pairs = [(match[1] or ">=", _number(match[2]), _number(match[3])) for match in matches if match]
    downward = {sign in ("<=", "≤") for sign, _, _ in pairs}
    if len(pairs) != len(parts) or len(downward) != 1 or len({at for _, at, _ in pairs}) != len(pairs):
        return None
    ordered = sorted((at, gives) for _, at, gives in pairs)
    gives = [points for _, points in ordered]
    rising = gives == sorted(gives, reverse=downward == {True})  # the harder threshold gives more
    if not rising or min(gives) < 0:
        return None
    return Rule("steps", tuple(at for at, _ in ordered), tuple(gives), downward=downward == {True})


def _linear(parts: list[str]) -> Rule | None:
    matches = [_PAIR.fullmatch(part) for part in parts]
    pairs = sorted((_number(match[2]), _number(match[3])) for match in matches if match and not match[1])
    if len(parts) != 2 or len(pairs) != 2 or pairs[0][0] == pairs[1][0] or min(pairs[0][1], pairs[1][1]) < 0:
        return None
    return Rule("linear", tuple(at for at, _ in pairs), tuple(gives for _, gives in pairs))


def _proportional(parts: list[str]) -> Rule | None:
    values = _plain(parts)
    if values is None or len(values) > 1 or (values and values[0] <= 0):
        return None
    return Rule("proportional", tuple(values) or (WHOLE,))


def _deduct(parts: list[str]) -> Rule | None:
    values = _plain(parts)
    if not values or len(values) > 2 or min(values) < 0 or values[0] == 0:
        return None
    return Rule("deduct", gives=(values[0], values[1] if len(values) > 1 else 0.0))


def _survey(parts: list[str]) -> Rule | None:
    values = _plain(parts)
    if values is None or len(values) > 1 or (values and (values[0] < 1 or values[0] % 1)):
        return None
    return Rule("survey", (WHOLE,), forms=int(values[0]) if values else 0)


def _manual(parts: list[str]) -> Rule | None:
    return None if parts else Rule("manual")


def _plain(parts: list[str]) -> list[float] | None:
    if not all(re.fullmatch(rf"{_NUMBER}\s*%?", part, flags=re.ASCII) for part in parts):
        return None
    return [_number(part.rstrip("% ")) for part in parts]


_READERS: Final = {
    "yes_no": _yes_no,
    "steps": _steps,
    "linear": _linear,
    "proportional": _proportional,
    "deduct": _deduct,
    "survey": _survey,
    "manual": _manual,
}
