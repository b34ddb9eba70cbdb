"""The analyst's desk: `open` gives a workbench, whose methods show known figures, forecasts and scenarios.

It computes nothing of its own: each step is one of `forecast.answer.pipeline`, with its result cached.
"""

import datetime as dt
from pathlib import Path
from typing import Any, Final, Never

from forecast.answer import pipeline
from forecast.base.errors import SpecError
from forecast.base.indexes import MAIN
from forecast.base.labels import LANGUAGES
from forecast.base.spec import DEFAULT_AREA, RunSpec, parse_day, refuse_day_to_come, refuse_unknown, today
from forecast.data.load import Known
from forecast.data.tables import INDEX_CODES
from forecast.desk import refusals, reports
from forecast.desk.steps import tables_of
from forecast.desk.workbench import Workbench

__all__ = ["Workbench", "open"]


REPORT: Final = "report"  # as_of: the day of the latest report
KEYWORDS: Final = ("as_of", "area", "target_year", "index_code", "data_dir", "lang")


def open(  # noqa: A001 -- analysts write forecast.open
    *,
    as_of: str | dt.date | None = None,
    area: str = DEFAULT_AREA,
    target_year: int | None = None,
    index_code: str = MAIN,
    data_dir: str | Path | None = None,
    lang: str = "vi",
    **unknown: Never,
) -> Workbench:
    """Open the workbench on one question.

    Parameters
    ----------
    as_of
        Nothing published after this day is used; a day or ISO text (2024-10-20); today if left out.  With
        "report" the day, and the year if it is left out, are those of the latest report on the same question.
    area
        Province, in any spelling of ``areas.csv``; the city if left out.
    target_year
        Year that is forecast; the first whose result was not out on the day, if left out (or 0).
    index_code
        An index that can be forecast: PAR, SIPAS, PAPI, PCI or DTI.
    data_dir
        Folder of the tables; the project's own if left out.
    lang
        Language of what is shown: vi or en.

    Raises
    ------
    SpecError
        If a keyword or value is unknown, with the nearest that is; or the year's result is out.
    DataError
        If the tables are not sound, with everything that is wrong.

    Examples
    --------
    The tables of these examples are small, and EVERY FIGURE IN THEM IS MADE UP.

    >>> bench = forecast.open(data_dir=small, as_of="2024-10-20")
    >>> bench
    <Workbench: Chỉ số CCHC, Thành phố Hồ Chí Minh, dự báo năm 2024, số liệu đến ngày 20/10/2024>
    >>> forecast.open(data_dir=small, as_of="2024-10-20", area="Hà Nộ")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    forecast.base.errors.SpecError: there is no area “Hà Nộ”; did you mean “Hà Nội”? ...
    """
    refusals.show_as_sentences(lang if lang in LANGUAGES else "vi")
    refusals.refuse_undeclared()
    for name in unknown:
        refuse_unknown("keyword", name, KEYWORDS)
    if lang not in LANGUAGES:
        refuse_unknown("lang", lang, LANGUAGES)
    if index_code not in INDEX_CODES:
        refuse_unknown("index_code", index_code, INDEX_CODES)
    folder = Path(data_dir) if data_dir else pipeline.project_data()
    vintages = tables_of(folder)[1]
    if as_of == REPORT:
        place = vintages.known_at(_day(None)).find_province(area)
        as_of, target_year = reports.latest(folder, index_code, place, target_year)
    day = _day(as_of)
    known = vintages.known_at(day).of(index_code)
    spec = RunSpec(
        index_code=index_code,
        area=known.find_province(area),
        target_year=target_year or _next_year(known, index_code),
        as_of=day,
    )
    known.for_year(spec.target_year).refuse(spec)
    return Workbench(spec, folder.resolve(), lang)


def _day(given: Any) -> dt.date:
    if not given:
        return today()
    if isinstance(given, str):
        given = parse_day(given)
    if isinstance(given, dt.datetime):
        given = given.date()
    if not isinstance(given, dt.date):
        raise SpecError("spec.not_a_day", {"name": "as_of", "found": repr(given)})
    return refuse_day_to_come(given)


def _next_year(known: Known, index_code: str) -> int:
    """First year after those whose result was out."""
    out = known.announcements
    years = out.loc[out["index_code"] == index_code, "year"]
    return int(years.max()) + 1 if len(years) else known.as_of.year
