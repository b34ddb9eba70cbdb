"""Tables of the forecast: total and domains with ranges, rank, targets, SIPAS; and their earlier years."""

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

import pandas as pd

from forecast.answer.result import Result
from forecast.base import labels
from forecast.base.spec import interval_ends
from forecast.pages import reading
from forecast.pages.markup import Cell, Table
from forecast.pages.tables import columns as c
from forecast.pages.tables.spec import (
    Ends,
    Field,
    Record,
    TableSpec,
    Take,
    beside_picture,
    draw_table,
    on_page,
    say,
)

PICTURED: Final = (80, 95)  # levels of the ranges that pictures show
BANDS: Final = (1, 6, 11, 16, 21, 31, 41, 51)  # first ranks of groups


def domains(result: Result, lang: str, *, linked: bool = False) -> TableSpec:
    """Total and domains: last year, forecast with every range of the run, change, chance of a fall."""
    last, year = c.last_year_of(result), result.spec.target_year
    total = reading.line(result, reading.TOTAL)
    forecast = say("domains.forecast", year=year)

    scale = reading.scale_note(result.spec.index_code)

    def starred(record: Record) -> str:
        return reading.points(record["median"], lang) + "*" * reading.doubtful(record["max_status"])

    def published(record: Record) -> str:
        return labels.text(f"handout.{'published' if record['last_known'] else 'estimated'}", lang)

    def named(record: Record) -> Cell:
        """Name a domain and who is in charge; in a run's page, with the way to its own page."""
        component, whole = str(record["component"]), _is_total(record)
        charge = "" if whole else str(record["responsible"] or "")
        return Cell(
            reading.code_name("component", component, lang),
            reading.department(charge, lang) if charge else "",
            link=f"domain-{component}.html" if linked and not whole else "",
        )

    return TableSpec(
        lang,
        say("domains.caption", **c.facts_of(result, lang), last_year=last),
        [total, *(record for _, record in reading.domains(result).iterrows())],
        (
            c.component("head.domain", lang, sheet="component", cell=named),
            *c.maximum("head.maximum", lang),
            *_last_year(str(last), lang),
            c.words("published", "published", published),
            c.figure("last_rank", c.head("last_rank", year=last), "count"),
            c.figure(*("forecast", forecast, "points", "median"), ranges=_levels(result), decimals=1),
            c.figure("change", "domains.change", "change", reading.change, decimals=1),
            c.figure("p_fall", "domains.fall", "chance"),
            c.department("responsible", "charge", lang),
            c.sentence("basis", "basis", lang),
            c.span("range", "head.range", ("lower", "upper"), lang),
            *(
                c.span(f"range{level}", say("coverage.level", level=level), _interval(result, level), lang)
                for level in PICTURED
            ),
            c.on_page_alone(c.words("starred_forecast", forecast, starred)),
        ),
        ("component", "last_year_shortly", "forecast", "range", "change", "p_fall", "maximum"),
        name="domains",
        key=("component",),
        notes=("domains.note", *scale),
        sheet_notes=("handout.note.domains", "handout.note.ranges", *scale),
        strong=_is_total,
        form="scroll",
    )


domain_table = on_page(domains)


def _is_total(record: Record) -> bool:
    return bool(record["component"] == reading.TOTAL)


def _last_year(heading: str, lang: str) -> tuple[Field, Field]:
    """Give last year's score; where it was not published, its estimate, marked; and the same for a letter."""

    def mark(record: Record) -> str:
        rank = reading.last_rank_of(record, lang)
        if record["last_known"]:
            return rank
        span = reading.span(record["last_lower"], record["last_upper"], lang)
        return "; ".join(filter(None, (labels.text("mark.estimated", lang, span=span), rank)))

    def short(record: Record) -> str:
        return "" if record["last_known"] else labels.text("letter.estimated", lang)

    more: dict[str, Any] = {"take": "last_median", "decimals": lambda r: 2 if r["last_known"] else 1}
    return (
        c.figure("last_year", heading, "points", ends=("last_lower", "last_upper"), mark=mark, **more),
        c.figure("last_year_shortly", heading, "points", mark=short, in_sheet=False, **more),
    )


def _levels(result: Result, index_code: str = "") -> tuple[Ends, ...]:
    """Give every range of the run."""

    def take(share: float) -> Take:
        return lambda r: reading.quantile(result, str(r["component"]), share, index_code=index_code)

    ends = {level: interval_ends(level) for level in result.spec.levels}
    return tuple(Ends(level, take(low), take(high), "range") for level, (low, high) in ends.items())


def _interval(result: Result, level: int) -> Take:
    return lambda record: reading.interval(result, str(record["component"]), level)


def domain_figures(result: Result, lang: str) -> Table:
    """Tabulate what the picture of the domains shows."""
    spec, ranges = _plain(domains(result, lang)), [f"range{level}" for level in PICTURED]
    columns = ("component", "last_year", "published", "forecast", *ranges, "starred_maximum")
    return beside_picture(spec, *columns, records=spec.rows[1:])


def _plain(spec: TableSpec) -> TableSpec:
    """Name domains alone: who is in charge stands elsewhere."""
    return replace(spec, fields=[replace(f, cell=None) if f.name == "component" else f for f in spec.fields])


def letter_table(result: Result, *, lang: str) -> Table:
    """Tabulate total and domains shortly: last year, forecast, range of 80 percent."""
    spec = domains(result, lang)
    star = reading.star_note((record["max_status"] for record in spec.rows), lang)
    columns = ("component", "last_year_shortly", "starred_forecast", "range")
    return draw_table(replace(_plain(spec), columns=columns, notes=(*spec.notes, *star)))


@on_page
def assumed_table(result: Result, *, lang: str) -> TableSpec:
    """List the domains whose maximum was not read in a source."""
    spec, rows = domains(result, lang), reading.domains(result)
    return replace(
        _plain(spec),
        caption="assumed.caption",
        records=rows.loc[rows["max_status"].map(reading.doubtful)],
        columns=("component", "maximum"),
        absent="page.made_up" if reading.made_up(result) else "assumed.none",
        notes=(),
        form="plain",
    )


@on_page
def level_table(result: Result, component: str, *, lang: str) -> TableSpec:
    """Tabulate the ranges that pictures show for one component, with its median above them."""
    rows = [(f"{level}%", *reading.interval(result, component, level)) for level in PICTURED]
    facts = c.facts_of(result, lang) | {
        "component": reading.short_name(component, lang),
        "median": reading.points(reading.quantile(result, component, 0.5), lang),
    }
    return TableSpec(
        lang,
        say("levels.caption", **facts),
        pd.DataFrame(rows, columns=["level", "low", "high"]),
        (
            c.words("level", "levels.level"),
            c.figure("low", "levels.from", "points", decimals=1),
            c.figure("high", "levels.to", "points", decimals=1),
        ),
        notes=reading.maximum_note(reading.line(result, component), lang),
        form="plain",
    )


def rank(result: Result, lang: str) -> TableSpec:
    """Chance of each rank, and of that rank or a better one."""

    def or_better(record: Record) -> float:
        return reading.chance_of_top(result, int(record["rank"]))

    return TableSpec(
        lang,
        "",
        result.rank,
        (
            c.whole("rank", "rank"),
            c.figure("probability", "rank_chance", "chance"),
            c.figure("probability_or_better", "rank_or_better", "chance", or_better),
        ),
        name="rank",
        key=("rank",),
        sheet_notes=() if result.rank.empty else (say("headline.rank", **reading.rank_facts(result)),),
    )


def rank_bands(result: Result, lang: str) -> Table:
    """Tabulate the chance of groups of ranks."""
    count = reading.ranked_areas(result)
    firsts = [first for first in BANDS if first <= count]
    bands = [(first, after - 1) for first, after in pairwise((*firsts, count + 1))]
    inside = {band: result.rank.loc[result.rank["rank"].between(*band), "probability"] for band in bands}
    facts = {"year": result.spec.target_year, "ranked": count}
    fields = (
        c.words("band", "rank.band", lambda b: labels.text("rank.band_of", lang, first=b[0], last=b[1])),
        c.figure("chance", "head.chance", "chance", lambda band: float(inside[band].sum())),
    )
    return draw_table(TableSpec(lang, say("rank.caption", **facts), bands, fields, form="plain"))


def targets(result: Result, lang: str) -> TableSpec:
    """Published targets with the chance of each."""

    def day(record: Record) -> str:
        not_set = labels.text("targets.not_set", lang)
        return not_set if pd.isna(record["set_on"]) else labels.day(record["set_on"], lang)

    def phrase(record: Record) -> str:
        return reading.phrase(float(record["probability"]), lang)

    return TableSpec(
        lang,
        "targets.caption",
        result.targets.sort_values("set_on", kind="stable"),
        (
            c.words("target", "head.target", lambda r: reading.target_name(r, lang)),
            c.days("set_on", "targets.set_on", cell=day, numeric=False),
            c.figure("probability", "targets.chance", "chance", cell=phrase, numeric=False),
        ),
        name="targets",
        key=("quantity", "value"),
        absent="handout.no_target",
    )


@on_page
def target_table(result: Result, *, lang: str) -> TableSpec:
    """Tabulate the published targets with the chance of each, and always the first 10 and the first 15."""
    return replace(targets(result, lang), records=reading.aims(result))


def sipas(result: Result, lang: str) -> TableSpec:
    """Forecast of SIPAS with every range, last published figure, and the survey's sampling error."""
    code = reading.survey(result.spec.index_code)
    median = reading.quantile(result, reading.TOTAL, 0.5, index_code=code) if code else math.nan
    past = reading.history(result, reading.TOTAL, index_code=code).dropna(subset="score")
    last: Any = past.iloc[-1] if len(past) else {"year": math.nan, "score": math.nan, "rank": math.nan}
    error = result.variances.loc[result.variances["name"] == "sipas_sampling", "value"]
    record = {
        "component": reading.TOTAL,
        "median": median,
        "last_score": last["score"],
        "last_rank": last["rank"],
        "error": float(error.iloc[0]) if len(error) else math.nan,
    }
    year = "" if math.isnan(last["year"]) else str(int(last["year"]))
    heading = say("domains.forecast", year=result.spec.target_year)
    return TableSpec(
        lang,
        "",
        [] if math.isnan(median) else [record],
        (
            c.words("component", "component", lambda _: labels.text(f"short_index.{code}", lang)),
            c.figure("last_year", year or labels.MISSING, "points", "last_score"),
            c.figure("last_rank", c.head("last_rank", year=year), "count"),
            c.figure("forecast", heading, "points", "median", ranges=_levels(result, code)),
            c.figure("sampling_error", "sampling", "points", "error"),
        ),
        name="sipas",
        key=("component",),
        absent="sipas.absent",
    )


def known(result: Result, lang: str) -> Table:
    """Tabulate which cells of the area, component by year, have a published score, a rank or nothing."""
    grid = reading.known_cells(result)
    caption = say("data.grid_caption", place=reading.place_name(result.spec.area, lang))
    years = (c.code(str(year), str(year), "grid", lang, year) for year in grid.columns)
    fields = (c.component("word.component", lang), *years)
    records = grid.rename_axis("component").reset_index()
    return draw_table(TableSpec(lang, caption, records, fields, form="scroll"))


def history(result: Result, component: str, lang: str) -> Table:
    """Tabulate a component's years in percent of the maximum, with its ranks and the country's means."""
    past, means = reading.shares(result, component), reading.national_means(result, component)
    ranks = reading.history(result, component)[["year", "rank"]]
    rows = past.merge(means, on="year", how="outer").merge(ranks, on="year", how="left").sort_values("year")
    name = reading.short_name(component, lang)

    def known_share(record: Record) -> str:
        return labels.number(record["median"] if record["known"] is True else None, 2, lang)

    def estimate(record: Record) -> Cell:
        """Write what the model makes of a year that was not published, and how it knows."""
        if record["kind"] not in ("derived", "estimated"):
            return Cell(labels.MISSING)
        span = reading.span(record["lower"], record["upper"], lang)
        kind = labels.text("history.derived", lang) if record["kind"] == "derived" else ""
        return Cell(f"{reading.points(record['median'], lang)} ({span})", kind)

    fields = (
        c.whole("year", "head.year"),
        c.figure("score", "history.score", "points", cell=known_share),
        c.words("estimate", "history.estimate", cell=estimate, numeric=True),
        c.figure("rank", "head.rank", "count"),
        c.figure("mean", "history.mean", "points", "share"),
    )
    caption = say("history.caption", component=name, year=result.spec.target_year)
    return draw_table(TableSpec(lang, caption, rows, fields))
