"""Write the passage on each domain: its forecast, where it loses points, and what would change it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import pandas as pd

from forecast.answer.result import Result
from forecast.base import labels
from forecast.pages import reading
from forecast.pages.markup import Elements, Passage
from forecast.pages.report.front import comparison
from forecast.pages.tables.columns import POINTS
from forecast.pages.tables.current import decimals_of, newest

MOST_INDICATORS: Final = 2
NEARLY_NOTHING: Final = 1e-9  # what may be divided by
WORTH_SAYING: Final = 0.05  # points: less is no loss that a reader need hear of


def account(result: Result, component: str, *, lang: str) -> tuple[str, ...]:
    """Say where a domain loses points, what its departments say, and what would change it."""
    leaves = reading.finest(result, component)
    below = leaves.loc[leaves["component"] != component]
    worst = below.sort_values("lost", ascending=False, kind="stable").head(2)
    known_text = _known(result, component, below, lang)
    first = (
        ()
        if worst.empty
        else (labels.text("account.sentence", lang, first=_lost(worst, lang), second=known_text),)
    )
    change = () if leaves.empty else (_change(result, component, leaves, set(worst["component"]), lang),)
    return (
        *first,
        *_indicators(result, component, lang),
        *_departments(result, component, leaves, lang),
        *change,
    )


def _lost(worst: pd.DataFrame, lang: str) -> str:
    """Name the one or two places where most points are lost."""
    names = [reading.component_name(record, lang) for _, record in worst.iterrows()]
    lost = [reading.gain(value, lang) for value in worst["lost"]]
    if len(worst) < 2 or worst["lost"].iloc[1] < WORTH_SAYING:
        return labels.text("account.lost", lang, name=names[0], lost=lost[0])
    facts = {"name": names[0], "lost": lost[0], "other": names[1], "other_lost": lost[1]}
    return labels.text("account.lost_two", lang, **facts)


def _known(result: Result, component: str, below: pd.DataFrame, lang: str) -> str:
    """Say what is known of a domain: of its criteria, else of last year."""
    indicator = int(below["informed"].isin(["indicator", "both"]).sum())
    department = int(below["informed"].isin(["department", "both"]).sum())
    if indicator or department:
        key = "both" if indicator and department else "indicator" if indicator else "department"
        counts = {"indicator": indicator, "department": department, "all": len(below)}
        return labels.text(f"account.known_{key}", lang, **counts)
    record = reading.line(result, component)
    rank = reading.last_rank_of(record, lang)
    parts = (("score" if record["last_known"] else ""), ("rank" if rank else ""))
    key = "_".join(filter(None, parts)) or "nothing"
    return labels.text(f"account.known_{key}", lang, year=int(record["last_year"]), rank=rank)


def _indicators(result: Result, component: str, lang: str) -> tuple[str, ...]:
    """Name the year's figures that move most points, or are farthest from usual, with their effects."""
    rows = result.current.loc[(result.current["component"] == component) & result.current["usual"].notna()]
    if rows.empty:
        return ()
    leaves = result.scorecard
    scored = leaves.loc[leaves["informed"].isin(["indicator", "both"]), "indicator"]
    with_rule = rows["code"].isin(scored)
    moving = rows["effect"].abs().where(rows["by"].isin(reading.MOVING), 0.0)
    far = ((rows["value"] - rows["usual"]) / rows["usual"].abs().clip(lower=NEARLY_NOTHING)).abs()
    order = rows.assign(ruled=with_rule, moving=moving, far=far)
    order = order.sort_values(["ruled", "moving", "far"], ascending=False, kind="stable")
    texts = [_indicator(record, lang) for _, record in order.head(MOST_INDICATORS).iterrows()]
    return (labels.text("account.indicators", lang, said="; ".join(texts)),)


def _effect(record: pd.Series[Any], lang: str) -> str:
    """Say what an indicator changes: points by a rule, an effect with its source, or nothing."""
    if record["ruled"] or record["by"] not in reading.MOVING:
        return labels.text(f"account.effect_{'rule' if record['ruled'] else record['by']}", lang)
    expert = record["by"] == "expert"
    return labels.text(
        f"account.effect_{record['by']}{'_checked' if expert and record['area_years'] else ''}",
        lang,
        effect=labels.signed(record["effect"], 2, lang),
        span=reading.span(record["lower"], record["upper"], lang, decimals=2),
        **({"who": reading.department(str(record["stated_by"]), lang)} if expert else {}),
    )


def _indicator(record: pd.Series[Any], lang: str) -> str:
    decimals = decimals_of(record)
    unit = reading.indicator_unit(record["unit"], lang)
    return labels.text(
        "account.indicator",
        lang,
        name=reading.own_words(record[f"name_{lang}"]),
        period=reading.period(str(record["period"]), lang),
        value=labels.number(record["value"], decimals, lang),
        usual=labels.number(record["usual"], decimals, lang),
        unit=unit if unit in ("", "%") else f" {unit}",
        effect="; ".join(filter(None, (_effect(record, lang), newest(record, lang)))),
    )


def _departments(result: Result, component: str, leaves: pd.DataFrame, lang: str) -> tuple[str, ...]:
    """Compare what departments forecast for the domain with the models' forecast of the same part.

    Nothing is said where no department has sent anything: that stands in its own place, once.
    """
    table = result.department_domains
    if table.empty:
        return ()
    answers = table.loc[table["component"] == component]
    if len(answers):
        ordered = answers.sort_values("max_score", ascending=False, kind="stable")
        texts = "; ".join(_answer(record, lang) for _, record in ordered.iterrows())
        return (labels.text("account.departments", lang, said=texts),)
    charge = str(reading.line(result, component)["responsible"] or "").split(";")
    names = [reading.department(name, lang) for name in charge if name.strip()]
    if not names or leaves["informed"].isin(["department", "both"]).any():
        return ()
    return (labels.text("account.unsent", lang, department=reading.join_words(names, lang)),)


def _answer(record: pd.Series[Any], lang: str) -> str:
    text = labels.text(
        "account.department",
        lang,
        department=reading.department(str(record["department"]), lang),
        likely=reading.gain(record["likely"], lang),
        corrected=reading.gain(record["corrected_likely"], lang),
        count=reading.days(record["answered"], lang),
        maximum=labels.plain(float(record["max_score"]), lang),
        comparison=comparison(float(record["gap"]), lang, decimals=POINTS),
        model=reading.gain(record["model_median"], lang),
    )
    if record["disagreeing"] > 0:
        count = reading.days(record["disagreeing"], lang)
        return labels.text("account.disagree", lang, said=text, count=count)
    return text


def _change(result: Result, component: str, leaves: pd.DataFrame, named: Collection[str], lang: str) -> str:
    """Say in one sentence what can be won, what is a gamble, and what is past its day.

    What was `named` by its whole name is called by its code.
    """
    text, named = _lever(result, component, leaves, named, lang)
    gambles = leaves.loc[leaves["gamble"] != ""].sort_values("lost", ascending=False, kind="stable")
    if len(gambles):
        text = labels.text("account.gamble", lang, said=text, names=_names(gambles, named, lang))
    past = reading.past_deadline(result, leaves)
    past = past.loc[past["lost"] >= WORTH_SAYING]
    if len(past):
        facts = {"names": _names(past, named, lang), "lost": reading.gain(past["lost"].sum(), lang)}
        text = labels.text("account.past", lang, said=text, **facts)
    return labels.text("account.end", lang, said=text)


def _lever(
    result: Result, component: str, leaves: pd.DataFrame, named: Collection[str], lang: str
) -> tuple[str, Collection[str]]:
    """Name the best lever; give the names used so far too."""
    year = result.spec.target_year
    best = leaves.loc[leaves["winnable"] > 0].dropna(subset="lever_rank").sort_values("lever_rank").head(1)
    if best.empty:
        return labels.text("account.lever_none", lang, year=year), named
    record = best.iloc[0]
    day = record["deadline"]
    facts = {
        "points": reading.gain(record["winnable"], lang),
        "span": reading.span(record["winnable_lower"], record["winnable_upper"], lang, decimals=POINTS),
        "day": labels.text("account.year_end", lang, year=year) if pd.isna(day) else labels.day(day, lang),
    }
    if record["component"] == component:  # a domain is rounded as on every page
        ends = record["winnable_lower"], record["winnable_upper"]
        whole = {"points": reading.points(record["winnable"], lang), "span": reading.span(*ends, lang)}
        return labels.text("account.lever_whole", lang, **facts | whole), named
    name = _name(record, named, lang)
    return labels.text("account.lever", lang, name=name, **facts), {*named, str(record["component"])}


def _names(rows: pd.DataFrame, named: Collection[str], lang: str) -> str:
    """Name the first of some criteria and count the others."""
    name = _name(rows.iloc[0], named, lang)
    return name if len(rows) == 1 else labels.text("account.more", lang, name=name, count=len(rows) - 1)


def _name(record: pd.Series[Any], named: Collection[str], lang: str) -> str:
    component = str(record["component"])
    known = component in named and component[:1].isdigit()
    return component if known else reading.component_name(record, lang)


def domain_passage(result: Result, component: str, *, lang: str) -> Elements:
    """Say one domain in words: forecast, range, last year, chance of a fall, basis, who is in charge."""
    record = reading.line(result, component)
    known = bool(record["last_known"])
    past_span = reading.span(record["last_lower"], record["last_upper"], lang)
    status = labels.text("status.published" if known else "status.estimated", lang, span=past_span)
    first = labels.text(
        "domain.first",
        lang,
        component=reading.short_name(component, lang),
        year=result.spec.target_year,
        median=reading.points(record["median"], lang),
        maximum=labels.plain(float(record["max_score"]), lang),
        span=reading.span(record["lower"], record["upper"], lang),
        comparison=comparison(reading.change(record), lang),
        last_year=int(record["last_year"]),
        last=reading.points(record["last_median"], lang, published=known),
        status=status,
    )
    phrase = reading.phrase(float(record["p_fall"]), lang)
    rank = reading.last_rank_of(record, lang)
    lines = [labels.text("domain.last_rank", lang, year=int(record["last_year"]), rank=rank)] if rank else []
    lines += [
        labels.text("domain.fall", lang, last_year=int(record["last_year"]), phrase=phrase),
        labels.text("domain.basis", lang, basis=reading.sentence(record["basis"], lang)),
        domain_provinces(result, component, lang),
    ]
    if record["responsible"]:
        department = reading.department(str(record["responsible"]), lang)
        lines.append(labels.text("domain.charge", lang, department=department))
    lines += [*reading.maximum_note(record, lang), *account(result, component, lang=lang)]
    return Elements((Passage((first,), form="headline"), Passage(tuple(lines))))


def domain_provinces(result: Result, component: str, lang: str) -> str:
    """Say on the figures of how many provinces a domain's forecast rests, and if the area is among them."""
    count, own = reading.provinces_with(result, component)
    key = "none" if not count else "own" if own else "others"
    place = reading.place_name(result.spec.area, lang)
    return labels.text(
        f"domain.provinces_{key}", lang, count=count, ranked=reading.ranked_areas(result), place=place
    )
