"""Write the list of reports and the link to the latest one, which change with each good run."""

import datetime as dt
import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forecast.base.disk import replace_file, writing
from forecast.base.labels import LANGUAGES, text
from forecast.pages import reading
from forecast.pages.markup import Page, environment
from forecast.runs import html_check
from forecast.runs.manifest import Manifest

INDEX: Final = "index.html"
LATEST: Final = "latest.html"
AREAS: Final = "areas"  # the folder of the reports of many areas
VERIFIED: Final = "verify*.html"  # pages of what forecasts said beside what came
FRONT_PAGE: Final = "meeting"
PAGE_STEMS: Final = ("meeting", "total", "domain", "scorecard", "departments", "backtest", "data")


@dataclass(frozen=True, slots=True)
class Html:
    """A piece of a page that is HTML already."""

    html: str

    def _repr_html_(self) -> str:
        return self.html


def write(root: Path, runs: Iterable[Manifest]) -> None:
    """Write index and latest for runs that are in place; no runs, no files."""
    ordered = sorted(runs, key=lambda run: run.number, reverse=True)
    newest = latest(ordered)
    if newest is None:
        for name in (INDEX, *map(latest_name, LANGUAGES)):
            with writing(root / name):
                (root / name).unlink(missing_ok=True)
        return
    files = {INDEX: _index(root, ordered, newest, LANGUAGES[0])}
    for lang in LANGUAGES:
        newest_in = latest(run for run in ordered if run.lang == lang)
        if newest_in is not None or lang == LANGUAGES[0]:
            files[latest_name(lang)] = _latest(newest_in or newest, lang)
    for name, content in files.items():
        path = root / name
        if not path.is_file() or path.read_bytes() != content.encode():
            replace_file(path, content)


def latest_name(lang: str) -> str:
    """Name of the file that leads to the latest report in a language."""
    return LATEST if lang == LANGUAGES[0] else LATEST.replace(".html", f".{lang}.html")


def latest(runs: Iterable[Manifest]) -> Manifest | None:
    """Give the run that was published last.

    One made for verification, of a year whose result is out, is the latest only if there is no other.
    """
    return max(runs, key=lambda run: (not run.spec["force"], run.number), default=None)


def front_page(run: Manifest) -> str:
    """Path of a run's first page to read, from the folder of reports."""
    first = FRONT_PAGE if FRONT_PAGE in run.pages else (*run.pages, FRONT_PAGE)[0]
    return f"{run.run_id}/{first}.html"


def title(run: Manifest, lang: str) -> str:
    """Say what a run forecasts."""
    spec = run.spec
    return text(
        "runs.title",
        lang,
        index=text(f"index.{spec['index_code']}", lang),
        year=int(spec["target_year"]),
        area=reading.place_name(str(spec["area"]), lang),
    )


def page_name(name: str, lang: str) -> str:
    """Say what a page is about, from its file name."""
    stem, _, component = name.partition("-")
    return (
        text(f"runs.page.{stem}", lang, component=reading.short_name(component, lang))
        if stem in PAGE_STEMS
        else name
    )


def _index(root: Path, runs: Sequence[Manifest], newest: Manifest, lang: str) -> str:
    frame = Page(
        title=text("runs.index.title", lang),
        lang=lang,
        skip=text("page.skip", lang),
        contents_label=text("page.contents", lang),
    )
    link = _link(front_page(newest), f"{title(newest, lang)}. {_known_until(newest, lang)}")
    parts = [f'<p class="lead">{html.escape(text("runs.index.latest", lang))} {link}</p>']
    if (root / AREAS / INDEX).is_file():
        parts.append(f"<p>{_link(f'{AREAS}/{INDEX}', text('areas.link', lang))}</p>")
    verified = (path for path in sorted(root.glob(VERIFIED)) if "." not in path.stem)  # in one language
    parts += [f"<p>{_link(path.name, text('verify.link', lang, page=path.stem))}</p>" for path in verified]
    parts += [_section(run, lang) for run in runs]
    return frame.document([Html("\n".join(parts))])


def _section(run: Manifest, lang: str) -> str:
    pages = [name for name in run.pages if name != FRONT_PAGE]
    if FRONT_PAGE in run.pages:
        pages.insert(0, FRONT_PAGE)
    items = (f"<li>{_link(f'{run.run_id}/{name}.html', page_name(name, lang))}</li>" for name in pages)
    facts = [_known_until(run, lang)]
    if run.finished_at:
        finished = dt.datetime.fromisoformat(run.finished_at)
        when = {"made_on": finished.date(), "hour": f"{finished:%H:%M}"}
        facts.append(text("runs.index.made", lang, **when))
    facts.append(text(f"runs.index.in_{run.lang}", lang))
    facts.append(text("runs.index.run", lang, run_id=run.run_id))
    if run.spec["force"]:
        facts.append(text("runs.index.verification", lang))
    return "\n".join(
        [
            f"<h2>{html.escape(title(run, lang))}</h2>",
            *_headline(run, lang),
            f"<p>{html.escape('; '.join(facts))}</p>",
            "<ul>",
            *items,
            "</ul>",
        ]
    )


def _headline(run: Manifest, lang: str) -> list[str]:
    """Give the main figures of a run; nothing for a run whose record has none."""
    if not run.headline:
        return []
    headline = run.headline
    facts = {
        "median": reading.points(headline["median"], lang),
        "unit": reading.unit(str(run.spec["index_code"]), lang),
        "span": reading.span(headline["lower"], headline["upper"], lang),
        **{name: int(headline[f"rank_{name}"]) for name in ("best", "worst")},
        "rank": int(headline["rank_median"]),
    }
    whole = environment().filters["whole"]
    return [f'<p class="lead">{whole(text("runs.index.headline", lang, **facts))}</p>']


def _latest(run: Manifest, lang: str) -> str:
    address = html.escape(front_page(run))
    name = html.escape(title(run, lang))
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{html_check.POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="refresh" content="0; url={address}">\n<title>{name}</title>\n</head>\n'
        f'<body>\n<main>\n<h1><a href="{address}">{name}</a></h1>\n</main>\n</body>\n</html>\n'
    )


def _known_until(run: Manifest, lang: str) -> str:
    return text("page.subtitle", lang, as_of=dt.date.fromisoformat(run.spec["as_of"]))


def _link(address: str, words: str) -> str:
    return f'<a href="{html.escape(address)}">{html.escape(words)}</a>'
