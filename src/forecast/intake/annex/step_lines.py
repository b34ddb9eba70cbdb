"""Make a rule of printed lines that say how a criterion is scored: “Từ 80% - dưới 95%: 0,25”."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from forecast.base.spelling import clean
from forecast.data import rules

_RATE: Final = r"(\d{1,3}(?:[.,]\d+)?)\s*%?(?:\s*kế hoạch)?"
_POINTS: Final = re.compile(
    r"(?P<when>.+?)\s*(?:[:=–-]|(?:thì\s)?được)\s*(?P<points>\d{1,2}(?:[.,]\d+)?)\s*(?:điểm|đ)?\s*[.;]?",
    flags=re.IGNORECASE,
)
_LEAD: Final = r"(?:[-+•*]\s*)?(?:(?:nếu\s)?(?:tỷ lệ\s)?(?:đạt|giải ngân|hoàn thành|thực hiện)?\s*)?"
_AT_LEAST: Final = re.compile(
    rf"{_LEAD}(?:(?:từ\s)?{_RATE}\s*trở\s?lên|(?:>=|≥)\s*{_RATE}|(100)\s*%(?:\s*kế hoạch)?)",
    flags=re.IGNORECASE,
)
_BETWEEN: Final = re.compile(
    rf"{_LEAD}(?:từ\s)?{_RATE}\s*(?:-|–|đến|tới)\s*(?:dưới|<)\s*{_RATE}", flags=re.IGNORECASE
)
_BELOW: Final = re.compile(rf"{_LEAD}(?:dưới|<)\s*{_RATE}", flags=re.IGNORECASE)
_RATED: Final = re.compile(r"\W*(?:từ|dưới|trên|đạt)\s*\d{1,3}(?:[.,]\d+)?\s*%", flags=re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Step:
    """Points between two values: from `low` on, below `high`."""

    low: float
    high: float
    points: float


def read_step(line: str) -> Step | None:
    """Read one line; None if it is not plainly one of "from on", "from to below" and "below".

    >>> read_step("Từ 80% - dưới 95%: 0,25")
    Step(low=80.0, high=95.0, points=0.25)
    """
    match = _POINTS.fullmatch(clean(line))
    if not match:
        return None
    points, when = _number(match["points"]), match["when"].strip()
    if least := _AT_LEAST.fullmatch(when):
        return Step(_number(next(filter(None, least.groups()))), float("inf"), points)
    if between := _BETWEEN.fullmatch(when):
        return Step(_number(between[1]), _number(between[2]), points)
    if below := _BELOW.fullmatch(when):
        return Step(float("-inf"), _number(below[1]), points)
    return None


def proposed_rule(lines: Sequence[str], maximum: float) -> str:
    """Make a rule of the lines, or give ``""`` where they do not plainly amount to one.

    They do if every line is a step, the steps join without gap, the highest gives the maximum
    and what is below the lowest gives nothing.

    >>> proposed_rule(["Từ 95% trở lên: 0,5", "Từ 80% - dưới 95%: 0,25", "Dưới 80%: 0"], 0.5)
    'steps(>=80: 0.25; >=95: 0.5)'
    """
    read = [read_step(line) for line in lines]
    steps = sorted((step for step in read if step), key=lambda step: step.low)
    if len(steps) < 2 or len(steps) != len(lines) or not _joined(steps):
        return ""
    lowest, *rest = steps if steps[0].low == float("-inf") else [Step(0, 0, 0), *steps]
    points = [lowest.points, *(step.points for step in rest)]
    if lowest.points or points != sorted(set(points)) or abs(points[-1] - maximum) > rules.TOLERANCE:
        return ""
    pairs = "; ".join(f">={step.low:g}: {step.points:g}" for step in rest)
    return str(rules.parse(f"steps({pairs})"))


def unread_line(lines: Sequence[str], maximum: float) -> str:
    """First line for which lines of steps give no rule: one that is no step, else where the steps break off.

    >>> unread_line(["Từ 80%", "Dưới 80%: 0"], 1), unread_line(["Từ 80% - dưới 95%: 1", "Dưới 80%: 0"], 1)
    ('Từ 80%', 'Từ 80% - dưới 95%: 1')
    >>> unread_line(["Đủ hồ sơ: 1", "Không đủ: 0"], 1)
    ''
    """
    read = {line: read_step(line) or read_step(f"{line}: 0") for line in lines}
    if not (any(read.values()) or any(map(_RATED.fullmatch, lines))) or proposed_rule(lines, maximum):
        return ""
    odd = next((line for line, step in read.items() if not (step and read_step(line))), "")
    steps = sorted(((step, line) for line, step in read.items() if step), key=lambda pair: pair[0].low)
    broken = (line for (step, line), (above, _) in pairwise(steps) if step.high != above.low)
    return odd or next(broken, steps[-1][1])


def _joined(steps: Sequence[Step]) -> bool:
    ends = [step.high for step in steps]
    return ends[-1] == float("inf") and ends[:-1] == [step.low for step in steps[1:]]


def _number(text: str) -> float:
    return float(text.replace(",", "."))
