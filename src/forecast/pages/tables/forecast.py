"""What is forecast: total and domains, ranges, rank, provinces nearby, targets, SIPAS, scenarios."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from forecast.base import labels
from forecast.base.spec import interval_ends
from forecast.pages import reading
from forecast.pages.markup import Passage, Table
from forecast.pages.tables import columns
from forecast.pages.tables.spec import (
    Ends,
    Field,
    Record,
    TableSpec,
    Take,
    beside_picture,
    days,
    draw,
    draw_table,
    figure,
    head,
    lines,
    range_below,
    say,
    span,
    words,
)

if TYPE_CHECKING:
    from forecast.answer.result import Result

PICTURED: Final = (80, 95)  # levels of the ranges that pictures show
BANDS: Final = ((1, 5), (6, 10), (11, 15), (16, 20), (21, 30), (31, 40), (41, 50), (51, reading.RANKED))


def domains(result: Result, lang: str) -> TableSpec:
    """Total and domains: last year, forecast with every range of the run, change, chance of a fall."""
    last = columns.last_year_of(result)
    facts = columns.about_index(result, lang) | {"last_year": last}
    year = result.spec.target_year
    return TableSpec(
        name="domains",
        lang=lang,
        caption=say("domains.caption", **facts),
        records=[reading.line(result, reading.TOTAL), *lines(reading.domains(result))],
        key=("component",),
        fields=(
            columns.component("domains.domain", lang, sheet=head("component")),
            *columns.maximum(say("domains.maximum"), lang),
            *_last_year(str(last), lang),
            words(
                "published",
                head("published"),
                lambda r: labels.text(f"handout.{'published' if r['last_known'] else 'estimated'}", lang),
            ),
            figure("last_rank", head("last_rank", year=last), "count"),
            figure(
                *("forecast", say("domains.forecast", year=year), "points", "median"),
                sheet=head("forecast", year=year),
                ranges=_levels(result),
                decimals=1,
            ),
            figure("change", "domains.change", "change", sheet=head("change"), decimals=1),
            figure("p_fall", "domains.fall", "chance", sheet=head("fall")),
            columns.department("responsible", head("charge"), lang),
            columns.said("basis", head("basis"), lang),
            span("range", "domains.range", ("lower", "upper"), lang),
            *(
                span(f"range{level}", say("coverage.level", level=level), _interval(result, level), lang)
                for level in PICTURED
            ),
            words(
                *("starred_forecast", say("domains.forecast", year=year)),
                lambda r: reading.points(r["median"], lang) + "*" * reading.doubtful(r["max_status"]),
                numeric=True,
                in_sheet=False,
            ),
        ),
        columns=("component", "last_year", "forecast", "range", "change", "p_fall", "maximum"),
        notes=("domains.note", *_provinces(result)),
        sheet_notes=("handout.note.domains", "handout.note.ranges"),
        detail=lambda r: columns.rests_on(
            "" if _is_total(r) else str(r["responsible"] or ""), reading.said(r["basis"], lang), lang
        ),
        strong=_is_total,
    )


def _is_total(record: Record) -> bool:
    return bool(record["component"] == reading.TOTAL)


def _last_year(heading: str, lang: str) -> tuple[Field, Field]:
    """Give last year's score; where it was not published, its estimate, marked; and the same for a letter."""

    def mark(record: Record) -> str:
        rank = reading.last_rank_of(record, lang)
        if record["last_known"]:
            return rank
        written = reading.span(record["last_lower"], record["last_upper"], lang)
        return "; ".join(filter(None, (labels.text("mark.estimated", lang, span=written), rank)))

    field = figure(
        *("last_year", heading, "points", "last_median"),
        ends=("last_lower", "last_upper"),
        decimals=lambda r: 2 if r["last_known"] else 1,
        mark=mark,
    )
    short = "letter.estimated"
    return field, replace(
        field,
        name="last_year_shortly",
        mark=lambda r: "" if r["last_known"] else labels.text(short, lang),
        in_sheet=False,
    )


def _levels(result: Result, index_code: str = "") -> tuple[Ends, ...]:
    """Give every range of the run."""

    def take(share: float) -> Take:
        return lambda r: reading.quantile(result, str(r["component"]), share, index_code=index_code)

    ends = {level: interval_ends(level) for level in result.spec.levels}
    return tuple(Ends(level, take(low), take(high), head("range")) for level, (low, high) in ends.items())


def _interval(result: Result, level: int) -> Take:
    return lambda record: reading.interval(result, str(record["component"]), level)


def _provinces(result: Result) -> list[labels.Phrase]:
    """Say on the figures of how many provinces the domains rest."""
    counts = reading.provinces_by_domain(result)
    if not counts:
        return []
    return [say("domains.provinces", low=min(counts), high=max(counts), ranked=reading.RANKED)]


def domain_table(result: Result, *, lang: str) -> Table:
    """Tabulate total and domains."""
    return draw_table(domains(result, lang))


def domain_figures(result: Result, lang: str) -> Table:
    """Tabulate what the picture of the domains shows."""
    spec = domains(result, lang)
    shown = (
        "component",
        "last_year",
        "forecast",
        *(f"range{level}" for level in PICTURED),
        "starred_maximum",
    )
    return beside_picture(spec, shown, records=spec.records[1:])


def letter_table(result: Result, *, lang: str) -> Table:
    """Tabulate total and domains shortly: last year, forecast, range of 80 percent."""
    spec = domains(result, lang)
    star = reading.star_note((record["max_status"] for record in spec.records), lang)
    shown = ("component", "last_year_shortly", "starred_forecast", "range")
    return draw_table(replace(spec, columns=shown, detail=None, notes=("domains.note", *star)))


def assumed_table(result: Result, *, lang: str) -> Table | Passage:
    """List the domains whose maximum was not read in a source."""
    spec = domains(result, lang)
    return draw(
        replace(
            spec,
            caption="assumed.caption",
            records=[r for r in spec.records if reading.doubtful(r["max_status"]) and not _is_total(r)],
            columns=("component", "maximum"),
            absent="page.made_up" if reading.made_up(result) else "assumed.none",
            detail=None,
            notes=(),
            form="plain",
        )
    )


def level_table(result: Result, component: str, *, lang: str) -> Table:
    """Tabulate the median and every range of the run for one component."""
    median = reading.quantile(result, component, 0.5)
    rows = [(labels.text("levels.median", lang), median, median)]
    rows += [(f"{level}%", *reading.interval(result, component, level)) for level in result.spec.levels]
    return draw_table(
        TableSpec(
            lang=lang,
            caption=say(
                "levels.caption",
                **columns.about_index(result, lang),
                component=reading.short_name(component, lang),
            ),
            records=[dict(zip(("level", "low", "high"), row, strict=True)) for row in rows],
            fields=(
                words("level", "levels.level"),
                figure("low", "levels.from", "points", decimals=1),
                figure("high", "levels.to", "points", decimals=1),
            ),
            notes=(*reading.maximum_note(reading.line(result, component), lang), *_too_narrow(result, lang)),
            form="plain",
        )
    )


def _too_narrow(result: Result, lang: str) -> list[labels.Phrase]:
    """Say which ranges kept less than they promised, by the record of the total."""
    table = reading.coverage(result)
    less = table.loc[100 * table["upper"] < table["level"]]
    return [
        say("levels.too_narrow", level=int(level), share=labels.percent(share, 0, lang))
        for level, share in zip(less["level"], less["share"], strict=True)
    ]


def rank(result: Result, lang: str) -> TableSpec:
    """Chance of each rank, and of that rank or a better one."""
    ends = {"median": 0.5, "best": 0.1, "worst": 0.9}
    notes = (
        ()
        if result.rank.empty
        else (
            say(
                "headline.rank",
                ranked=reading.RANKED,
                **{name: reading.rank_at(result, share) for name, share in ends.items()},
            ),
        )
    )
    return TableSpec(
        name="rank",
        lang=lang,
        records=lines(result.rank),
        key=("rank",),
        fields=(
            columns.year("rank", head("rank")),
            figure("probability", head("rank_chance"), "chance"),
            figure(
                *("probability_or_better", head("rank_or_better"), "chance"),
                take=lambda r: reading.chance_of_top(result, int(r["rank"])),
            ),
        ),
        sheet_notes=notes,
    )


def rank_bands(result: Result, lang: str) -> Table:
    """Tabulate the chance of groups of ranks."""
    chances = {
        band: float(result.rank.loc[result.rank["rank"].between(*band), "probability"].sum())
        for band in BANDS
    }
    return draw_table(
        TableSpec(
            lang=lang,
            caption=say("rank.caption", year=result.spec.target_year, ranked=reading.RANKED),
            records=list(chances.items()),
            fields=(
                words(
                    *("band", "rank.band"),
                    lambda r: labels.text("rank.band_of", lang, first=r[0][0], last=r[0][1]),
                ),
                figure("chance", "rank.chance", "chance", take=lambda r: r[1]),
            ),
            form="plain",
        )
    )


def near(result: Result, lang: str) -> TableSpec:
    """The provinces nearest to the area, with the chance of each to end above it."""
    last, facts = columns.last_year_of(result), columns.about_index(result, lang)
    return TableSpec(
        name="near",
        lang=lang,
        caption=say("near.caption", **facts),
        records=lines(result.neighbours),
        key=("area",),
        fields=(
            words("area", "near.area", lambda r: reading.place_name(str(r["area"]), lang)),
            figure(
                *("last_year", str(last), "points", "last_score"),
                mark=lambda r: reading.last_rank_of(r, lang),
            ),
            figure("last_rank", head("last_rank", year=last), "count"),
            figure(
                *("forecast", say("domains.forecast", **facts), "points", "median"),
                sheet=head("forecast", **facts),
                ends=("lower", "upper"),
                decimals=1,
            ),
            span("range", "head.range", ("lower", "upper"), lang),
            figure("chance_ahead", say("near.ahead", **facts), "chance", "p_ahead"),
        ),
        columns=("area", "last_year", "forecast", "range", "chance_ahead"),
        notes=("near.note",),
        sheet_notes=("near.note",),
        absent="near.absent",
        strong=lambda r: r["area"] == result.spec.area,
    )


def neighbour_table(result: Result, *, lang: str) -> Table | Passage:
    """Tabulate the nearest provinces with the area itself among them, the highest first."""
    spec = near(result, lang)
    if not spec.records:
        return draw(spec)
    total = reading.line(result, reading.TOTAL)
    own = {**total, "area": result.spec.area, "p_ahead": math.nan}
    own["last_score"] = total["last_median"] if total["last_known"] else math.nan
    ahead = [record for record in spec.records if record["median"] > total["median"]]
    behind = [record for record in spec.records if not record["median"] > total["median"]]
    return draw(replace(spec, records=[*ahead, own, *behind]))


def targets(result: Result, lang: str) -> TableSpec:
    """Published targets with the chance of each."""
    return TableSpec(
        name="targets",
        lang=lang,
        caption="targets.caption",
        records=lines(result.targets.sort_values("set_on", kind="stable")),
        key=("quantity", "value"),
        fields=(
            words("target", "targets.target", lambda r: _target(r, lang)),
            days(
                *("set_on", "targets.set_on"),
                cell=lambda r: (
                    labels.text("targets.not_set", lang)
                    if pd.isna(r["set_on"])
                    else labels.day(r["set_on"], lang)
                ),
                numeric=False,
            ),
            figure(
                *("probability", "targets.chance", "chance"),
                cell=lambda r: reading.phrase(float(r["probability"]), lang),
                numeric=False,
            ),
        ),
        absent="handout.no_target",
    )


def target_table(result: Result, *, lang: str) -> Table:
    """Tabulate the published targets with the chance of each, and always the first 10 and the first 15."""
    return draw_table(replace(targets(result, lang), records=lines(reading.aims(result))))


def _target(record: Record, lang: str) -> str:
    return reading.target_name(str(record["quantity"]), float(record["value"]), lang)


def sipas(result: Result, lang: str) -> TableSpec:
    """Forecast of SIPAS with every range, last published figure, and the survey's sampling error."""
    median = reading.quantile(result, reading.TOTAL, 0.5, index_code=reading.SURVEY)
    past = reading.history(result, reading.TOTAL, index_code=reading.SURVEY).dropna(subset="score")
    last: Any = past.iloc[-1] if len(past) else {"year": math.nan, "score": math.nan, "rank": math.nan}
    error = result.variances.loc[result.variances["name"] == "sipas_sampling", "value"]
    told = {
        "component": reading.TOTAL,
        "median": median,
        "last_score": last["score"],
        "last_rank": last["rank"],
        "error": float(error.iloc[0]) if len(error) else math.nan,
    }
    year = "" if math.isnan(last["year"]) else str(int(last["year"]))
    return TableSpec(
        name="sipas",
        lang=lang,
        records=[] if math.isnan(median) else [told],
        key=("component",),
        fields=(
            words("component", head("component"), lambda _: labels.text("short_index.SIPAS", lang)),
            figure("last_year", year or labels.MISSING, "points", "last_score"),
            figure("last_rank", head("last_rank", year=year), "count"),
            figure(
                *("forecast", head("forecast", year=result.spec.target_year), "points", "median"),
                ranges=_levels(result, reading.SURVEY),
            ),
            figure("sampling_error", head("sampling"), "points", "error"),
        ),
        absent="sipas.absent",
    )


def scenarios(result: Result, lang: str) -> TableSpec:
    """Scenarios side by side: total, difference, rank, each with its range, and the chance of each target.

    One that cannot be told has dashes, and the reason below.
    """
    goals = result.scenario_targets.drop_duplicates(["quantity", "value"])
    chances = {name: _chance(result, goal, name, lang) for name, goal in _named(goals)}
    by_day = [name for name, _ in _named(goals.sort_values("set_on", kind="stable"))]

    def rank_range(record: Record) -> str:
        written = reading.span(record["rank_lower"], record["rank_upper"], lang, decimals=0)
        return "" if written == labels.MISSING else written

    def untold(record: Record) -> str:
        reason = reading.said(record["reason"], lang)
        return labels.text("scenario_table.untold", lang, reason=reason) if reason else ""

    return TableSpec(
        name="scenarios",
        lang=lang,
        caption=say("scenario_table.caption", year=result.spec.target_year),
        records=lines(result.scenarios),
        key=("scenario",),
        fields=(
            words("scenario", "scenario_table.scenario", lambda r: reading.scenario_name(r, lang)),
            figure(
                *("total", "scenario_table.total", "points", "median"),
                ends=("lower", "upper"),
                decimals=1,
                mark=range_below("lower", "upper", lang, decimals=1),
            ),
            span("range", "head.range", ("lower", "upper"), lang),
            figure(
                *("difference", "scenario_table.difference", "change"),
                ends=("difference_lower", "difference_upper"),
                mark=range_below("difference_lower", "difference_upper", lang),
            ),
            span(
                *("difference_range", "head.range", ("difference_lower", "difference_upper"), lang),
                decimals=2,
            ),
            figure(
                *("rank", "scenario_table.rank", "count", "rank_median"),
                ends=("rank_lower", "rank_upper"),
                mark=rank_range,
            ),
            *chances.values(),
            columns.said("reason", head("reason"), lang),
        ),
        columns=("scenario", "total", "difference", "rank", *by_day),
        notes=("scenario_table.note",),
        sheet_notes=("scenario_table.note",),
        absent="absent.scenarios",
        detail=untold,
    )


def _named(goals: pd.DataFrame) -> list[tuple[str, Record]]:
    return [(f"p_{r['quantity']}_{labels.plain(float(r['value']), 'en')}", r) for r in lines(goals)]


def _chance(result: Result, goal: Record, name: str, lang: str) -> Field:
    """Declare the column of one target's chance in each scenario."""
    rows = result.scenario_targets
    asked = rows.loc[(rows["quantity"] == goal["quantity"]) & (rows["value"] == goal["value"])]
    chances = dict(zip(asked["scenario"], asked["probability"], strict=True))
    heading = say("scenario_table.chance", target=_target(goal, lang))
    return figure(name, heading, "chance", take=lambda r: chances.get(r["scenario"]))


def scenario_table(result: Result, *, lang: str) -> Table | Passage:
    """Tabulate the scenarios side by side."""
    return draw(scenarios(result, lang))


def scenario_figures(result: Result, records: Sequence[Record], lang: str) -> Table:
    """Tabulate what the picture of the scenarios shows."""
    shown = ("scenario", "total", "range", "difference", "difference_range")
    caption = say("scenario_table.figure", year=result.spec.target_year)
    return beside_picture(scenarios(result, lang), shown, caption=caption, records=records)


def known(result: Result, lang: str) -> Table:
    """Tabulate which cells of the area, component by year, have a published score, a rank or nothing."""
    grid = reading.known_cells(result)

    def state(year: int) -> Field:
        return words(str(year), str(year), lambda r: labels.text(f"grid.{r[year]}", lang))

    return draw_table(
        TableSpec(
            lang=lang,
            caption=say("data.grid_caption", place=reading.place_name(result.spec.area, lang)),
            records=lines(grid.rename_axis("component").reset_index()),
            fields=(columns.component("word.component", lang), *(state(int(year)) for year in grid.columns)),
            form="scroll",
        )
    )


def history(result: Result, component: str, lang: str) -> Table:
    """Tabulate a component's years in percent of the maximum, with its ranks and the country's means."""
    past, means = reading.shares(result, component), reading.national_means(result, component)
    ranks = reading.history(result, component)[["year", "rank"]]
    rows = past.merge(means, on="year", how="outer").merge(ranks, on="year", how="left").sort_values("year")

    def known_share(record: Record) -> str:
        """Write a year's share, and whether it was derived from a stated change."""
        share = labels.number(record["median"] if record["known"] is True else None, 2, lang)
        derived = record["derived"] is True
        return f"{share} ({labels.text('trust.derived', lang)})" if derived else share

    return draw_table(
        TableSpec(
            lang=lang,
            caption=say(
                "history.caption",
                component=reading.short_name(component, lang),
                year=result.spec.target_year,
            ),
            records=lines(rows),
            fields=(
                columns.year("year", "history.year"),
                figure("score", "history.score", "points", cell=known_share),
                span("estimate", "history.estimate", ("lower", "upper"), lang),
                figure("rank", "history.rank", "count"),
                figure("mean", "history.mean", "points", "share"),
            ),
        )
    )
