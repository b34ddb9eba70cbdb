"""What a page of verification shows of one index, area and year; `forecast.answer.lessons` computes it."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What a page of verification shows of one index, area and year.

    Attributes
    ----------
    index_code, area, year
        Of what.
    published_on
        When the result came out.
    new_method
        Whether the index changed its method in that year.
    last_report : DataFrame
        Lines of the ledger: what the last report said of the area's total, survey, rank and components.
    revisions : DataFrame
        Of each report, the shown total: revision, revisions, as_of, before, median, ..., rank (what came and
        the middle rank said: rank_observed, rank_median, rps).
    models : DataFrame
        index_code, kind (total, domains, rank), model, `lessons.SUMS`, and skill against the last value, or
        the last rank, on the `compared` cells that both forecast.
    domains : DataFrame
        component and `lessons.SUMS`: the main model over the last reports of all provinces that have one.
    departments : DataFrame
        Of each form: department, revision, revisions, cells, error, miss (points), crps, inside80, model_crps
        (the shown model's on the same cells) and compared.
    targets : DataFrame
        revision, as_of, target, probability, happened, brier.
    common : DataFrame
        index_code, cells, miss (mean over provinces), own (standard deviation about it), half (mean half 80
        percent range), inside80, inside80_without (had the common error been known).
    years : DataFrame
        Of each verified year the last shown total: index_code, target_year, new_method, ...
    advice : tuple of str
        What to change, as phrases.
    """

    index_code: str
    area: str
    year: int
    published_on: pd.Timestamp
    new_method: bool
    last_report: pd.DataFrame
    revisions: pd.DataFrame
    models: pd.DataFrame
    domains: pd.DataFrame
    departments: pd.DataFrame
    targets: pd.DataFrame
    common: pd.DataFrame
    years: pd.DataFrame
    advice: tuple[str, ...] = ()
