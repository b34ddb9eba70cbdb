"""Write the page of all areas, a map of tiles and the ranking, in both languages; and the ranking as CSV."""

import datetime as dt
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import pandas as pd

from forecast.base import labels
from forecast.base.disk import replace_file
from forecast.base.labels import LANGUAGES, text
from forecast.base.spelling import shielded
from forecast.pages import reading
from forecast.pages.markup import Page, environment
from forecast.pages.plot.tiles import tile_places
from forecast.runs import html_check, site
from forecast.runs.area_ranking import Ranking, ranking
from forecast.runs.manifest import Manifest

TABLE: Final = "ranking.csv"
PAGES: Final = {"vi": "index.html", "en": "index.en.html"}
_FAILED: Final = "failed"


def write(root: Path, runs: Iterable[Manifest]) -> list[str]:
    """Write both pages and the table for runs that are in place; no runs, no files.

    A page that is not fit to be published is not written, and the old one stays.

    Gives what is wrong with it, for the analyst; empty if nothing is.
    """
    ranked = ranking(root, runs, _failed(root))
    if ranked is None or ranked.table.empty:
        for name in (TABLE, *PAGES.values()):
            (root / name).unlink(missing_ok=True)
        return []
    files = {PAGES[lang]: page(ranked, lang) for lang in LANGUAGES}
    wrong = [
        f"{PAGES[lang]}: {problem}"
        for lang in LANGUAGES
        for problem in _problems(ranked, files[PAGES[lang]], lang)
    ]
    if wrong:
        return wrong
    for name, content in {**files, TABLE: _csv(ranked)}.items():
        path = root / name
        if not path.is_file() or path.read_bytes() != content.encode():
            replace_file(path, content)
    return []


def page(ranked: Ranking, lang: str) -> str:
    """Write the page in one language."""
    spec = ranked.newest.spec
    frame = Page(
        title=text(
            "areas.title",
            lang,
            index=text(f"index.{spec['index_code']}", lang),
            year=int(spec["target_year"]),
        ),
        lang=lang,
        skip=text("page.skip", lang),
        contents_label=text("page.contents", lang),
        subtitle=text("page.subtitle", lang, as_of=dt.date.fromisoformat(spec["as_of"])),
        warning=text("areas.verification", lang) if spec["force"] else "",
        foot=text("areas.foot", lang),
    )
    body = environment().get_template("areas.html.j2").render(**_content(ranked, lang))
    return frame.document([site.Html(body)])


def _problems(ranked: Ranking, whole: str, lang: str) -> list[str]:
    figures = [reading.points(value, lang) for value in ranked.table["median"]]
    words = html_check.like_traces(reason.get(lang, "") for _, reason in ranked.failed)
    return html_check.problems(whole, lang=lang, figures=figures, quotes=words)


def _content(ranked: Ranking, lang: str) -> dict[str, Any]:
    """Give the words and figures of the page's body."""
    rows = [_row(row, lang) for row in ranked.table.to_dict("records")]
    failed = [(area, reason.get(lang, "")) for area, reason in ranked.failed]
    shade = reading.Shades(ranked.table["median"])
    tiles = {row["area"]: row | {"shade": shade.of(row["value"])} for row in rows}
    tiles |= {area: {"area": area, "shade": 0} for area, _ in failed}
    unit = reading.unit(ranked.newest.spec["index_code"], lang)
    last_year = str(int(ranked.table["last_year"].iloc[0]))
    words = {
        name: text(f"areas.{name}", lang, unit=unit)
        for name in (
            *("map", "map_note", "no_report", "ranking", "ranking_note", "failed", "failed_none", "table"),
            *("other_language", "mixed", "estimated"),
        )
    }
    heads = ("place", "area", "forecast", "change", "rank", "top10", "top15", "last")
    other = next(language for language in LANGUAGES if language != lang)
    words["other_language"] = text("areas.other_language", other)
    return {
        "lead": _lead(ranked, lang),
        "words": words,
        "tiles": [(place, tiles[area]) for area, place in tile_places(list(tiles), ranked.provinces).items()],
        "legend": shade.legend(lang),
        "heads": [
            (text(f"areas.head.{name}", lang, year=last_year, unit=unit), name != "area") for name in heads
        ],
        "rows": rows,
        "failed": failed,
        "mixed": ranked.mixed,
        "table_file": TABLE,
        "other": (other, PAGES[other]),
    }


def _lead(ranked: Ranking, lang: str) -> str:
    first, last = ranked.table.iloc[0], ranked.table.iloc[-1]
    unit = reading.unit(ranked.newest.spec["index_code"], lang)
    mark = unit if unit == "%" else f" {unit}"
    return text(
        "areas.lead",
        lang,
        count=len(ranked.table),
        highest=first["area"],
        high=reading.points(first["median"], lang) + mark,
        lowest=last["area"],
        low=reading.points(last["median"], lang) + mark,
    )


def _row(row: dict[Any, Any], lang: str) -> dict[str, Any]:
    rank = labels.MISSING
    if not math.isnan(row["rank_median"]):
        rank = labels.number(row["rank_median"], 0, lang)
    last = reading.points(row["last"], lang, published=bool(row["last_known"]))
    return {
        "area": row["area"],
        "region": row["region"],
        "page": row["page"],
        "place": str(row["place"]),
        "value": row["median"],
        "median": reading.points(row["median"], lang),
        "range": reading.span(row["lower"], row["upper"], lang),
        "change": labels.signed(row["change"], 1, lang),
        "estimated": not row["last_known"],
        "rank": rank,
        "rank_range": reading.span(row["rank_lower"], row["rank_upper"], lang, decimals=0),
        "top10": reading.chance(row["p_top10"], lang),
        "top15": reading.chance(row["p_top15"], lang),
        "last": last,
        "last_rank": ""
        if math.isnan(row["last_rank"])
        else text("areas.rank", lang, rank=int(row["last_rank"])),
    }


def _csv(ranked: Ranking) -> str:
    """Write the ranking, then the areas without one."""
    table = ranked.table.round(6)
    for column in ("last_year", "last_rank", "rank_median", "rank_lower", "rank_upper"):
        table[column] = table[column].astype("Int64")
    rows = [{**row, "reason": ""} for row in table.to_dict("records")]
    rows += [{"area": area, "reason": reason.get("vi", "")} for area, reason in ranked.failed]
    lines = pd.DataFrame(rows, columns=[*table.columns, "reason"], dtype=object)
    lines = lines.map(lambda cell: shielded(cell) if isinstance(cell, str) else cell)
    return str(lines.to_csv(index=False, lineterminator="\n"))


def _failed(root: Path) -> list[Manifest]:
    entries = []
    for folder in sorted((root / _FAILED).glob("[!.]*")):
        try:
            entries.append(Manifest.read(folder))
        except (OSError, ValueError):
            continue
    return entries
