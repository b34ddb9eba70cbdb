"""Write decisions for a meeting's minutes: who leads, by when, what, and the expected effect."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import pandas as pd

from forecast.answer.result import Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Displayable, Elements, Heading, Passage

FIRST: Final = 5
TURNS: Final = ("remedy", "criterion", "domain")
LEADERS: Final = "leaders_survey"  # source of a criterion


def decisions(result: Result, *, lang: str) -> Elements:
    """List the decisions under their heading, then their joint effect, and what they leave out.

    An index that no department answers for has none.
    """
    lines, notes = decision_lines(result, lang=lang), decision_notes(result, lang=lang)
    if not lines and not notes:
        return Elements(())
    parts: list[Displayable] = [Heading(labels.text("heading.decisions", lang), anchor="decisions")]
    if lines:
        parts.append(Passage(lines, form="steps"))
    return Elements((*parts, Passage(notes, form="note")))


def decision_lines(result: Result, *, lang: str) -> tuple[str, ...]:
    """Write the first decisions, the largest effect first."""
    rows = result.decisions
    turns = rows.loc[rows["kind"].isin(TURNS)].head(FIRST)
    return tuple(_line(result, record, lang) for _, record in turns.iterrows())


def _line(result: Result, record: pd.Series[Any], lang: str) -> str:
    in_charge = str(record["unit"] or record["responsible"] or "")
    late = int(record["days_overdue"]) if record["days_overdue"] > 0 else 0
    facts = {
        "who": reading.department(in_charge, lang) if in_charge else labels.text("decision.nobody", lang),
        "day": labels.day(_day(result, record), lang),
        "name": reading.name_of(result, str(record["component"]), lang),
        "action": reading.own_words(record["action"]),
        **_size(result, str(record["component"]), lang),
        "points": reading.gain(record["points"], lang),
        "overdue": labels.text("decision.overdue", lang, days=late) if late else "",
    }
    what = labels.text(f"decision.{record['kind']}", lang, **facts)
    if record["kind"] == "domain":  # what comes of an example is the same everywhere, and said once
        return labels.text("decision.line_alone", lang, **facts, what=what)
    return labels.text("decision.line", lang, **facts, what=what, effect=effect(record, lang))


def _size(result: Result, component: str, lang: str) -> dict[str, str]:
    rows = result.scorecard.loc[result.scorecard["component"] == component]
    if rows.empty:
        return dict.fromkeys(("lost", "maximum"), labels.MISSING)
    row = rows.iloc[0]
    return {
        "lost": reading.points(float(row["lost"]), lang),
        "maximum": labels.plain(float(row["max_score"]), lang),
    }


def _day(result: Result, record: pd.Series[Any]) -> dt.date:
    """The remedy's day if it is still to come, else the criterion's own last day, else the year's."""
    days = [record["due"], record["deadline"], pd.Timestamp(result.spec.target_year, 12, 31)]
    coming: list[dt.date] = [day.date() for day in days if pd.notna(day)]
    return next(day for day in coming if day >= result.spec.as_of)


def effect(record: pd.Series[Any], lang: str) -> str:
    """Say how a decision changes the rank and the chance of the target."""
    before, after = int(record["rank_before"]), int(record["rank_after"])
    facts = {
        "rank": labels.text(
            "decision.rank_same" if before == after else "decision.rank", lang, before=before, after=after
        ),
        "target": labels.text("decision.group", lang, place=int(record["value"])),
        "p_before": reading.chance(float(record["p_before"]), lang),
        "p_after": reading.chance(float(record["p_after"]), lang),
    }
    return labels.text("decision.effect", lang, **facts)


def decision_notes(result: Result, *, lang: str) -> tuple[str, ...]:
    """Say the joint effect of the decisions, what no department can change any more, and what is missing."""
    return (*_sums(result, lang), *_apart(result, lang), *missing(result, lang))


def _sums(result: Result, lang: str) -> list[str]:
    """Say the effect of all decisions together or, if none is entered, of half a point."""
    rows = {str(record["kind"]): record for _, record in result.decisions.iterrows()}
    if (every := rows.get("together")) is not None:
        facts = {"count": int(every["days_overdue"]), "points": reading.gain(every["points"], lang)}
        return [labels.text("decision.together", lang, **facts, effect=effect(every, lang))]
    if (half := rows.get("half_point")) is not None:
        points = labels.plain(float(half["points"]), lang)
        return [labels.text("decision.half_point", lang, points=points, effect=effect(half, lang))]
    return []


def _apart(result: Result, lang: str) -> list[str]:
    """Name the parts and surveys that departments can no longer change."""
    card = result.scorecard
    settled = card.loc[(card["winnable"] <= 0) & (card["lost"] > 0)]
    names = [reading.short_name(name, lang) for name in settled.loc[settled["kind"] == "part", "component"]]
    own = settled.loc[settled["source"] == LEADERS, "lost"]
    if len(own):
        facts = {"count": len(own), "lost": reading.points(float(own.sum()), lang)}
        names.append(labels.text("decision.surveys", lang, **facts))
    return [labels.text("decision.apart", lang, names=reading.join_words(names, lang))] if names else []


def missing(result: Result, lang: str) -> list[str]:
    """Say in one line what has not been entered, and who has to enter it."""
    absent = [
        name
        for name, there in (
            ("criteria", reading.has_criteria(result)),
            ("remedies", len(result.remedies) > 0),
            ("forms", len(result.departments) > 0),
        )
        if not there
    ]
    if not absent or result.scorecard.empty:
        return []
    text = reading.join_words([labels.text(f"decision.absent_{name}", lang) for name in absent], lang)
    return [labels.text("decision.missing", lang, what=text)]


def gamble_list(result: Result, *, lang: str) -> Passage:
    """List the criteria whose indicator may end on either side of a threshold, with what is at stake."""
    if not reading.has_criteria(result):
        return Passage((labels.text("absent.gambles", lang),))
    rows = result.scorecard.loc[result.scorecard["gamble"] != ""]
    lines = tuple(
        labels.text(
            "gambles.line",
            lang,
            component=reading.component_name(record, lang),
            gamble=reading.sentence(record["gamble"], lang),
        )
        for _, record in rows.iterrows()
    )
    return Passage(lines, form="list") if lines else Passage((labels.text("gambles.none", lang),))
