"""Forecast without and with proposed rows, to show what they would change."""

import datetime as dt
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import pandas as pd

from forecast.answer import panel_forecast, record
from forecast.answer.current import elasticities
from forecast.answer.findings import components, scored
from forecast.answer.scorecard.outlook import final_draws
from forecast.base.indexes import MAIN
from forecast.base.spec import RunSpec, interval_ends
from forecast.data.framework import TOTAL
from forecast.data.load import Known
from forecast.data.tables import RELATED, SCORES
from forecast.intake.additions.proposal import Proposal
from forecast.model.simulate import quantiles, ranks

LEVEL: Final = 80
RANK: Final = "rank"
_SIDES: Final = {side: [side, f"{side}_lower", f"{side}_upper"] for side in ("before", "after")}


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """The forecast without and with new rows."""

    spec: RunSpec  # what is forecast
    # one row a component of the area and one for ``rank``: component, before, before_lower, before_upper,
    # after, after_lower, after_upper (median and 80 percent range, points or ranks)
    table: pd.DataFrame

    @property
    def moves(self) -> bool:
        """Whether anything that a reader sees would move."""
        before, after = self.table[_SIDES["before"]], self.table[_SIDES["after"]]
        return not np.allclose(before, after, atol=0.005)


def effect(
    proposal: Proposal,
    *,
    area: str,
    as_of: dt.date,
    target_year: int | None = None,
    mapper: record.Mapper = map,
) -> Effect | None:
    """Forecast the PAR Index of an area without and with a proposal's rows.

    `area`: province, in any known spelling; `as_of`: day of knowledge; rows published later change nothing;
    `target_year`: the first year whose result is not out, with the new rows, if not given; `mapper`: does
    both forecasts, beside each other where it can. None where the forecast does not use the table: PAPI, PCI
    and DTI. Raises SpecError if the area or the year cannot be forecast.
    """
    if proposal.table is RELATED or not proposal.rows:
        return None
    known = [vintages.known_at(as_of) for vintages in (proposal.now, proposal.after)]
    year = target_year or _first_open(known[1], proposal)
    known = [each.for_year(year) for each in known]  # of its own areas, whatever has been merged since
    spec = RunSpec(index_code=MAIN, area=known[0].find_province(area), target_year=year, as_of=as_of)
    before, after = mapper(partial(_figures, spec), known)
    both = before.set_axis(_SIDES["before"], axis=1).join(
        after.set_axis(_SIDES["after"], axis=1), how="inner"
    )
    return Effect(spec, both.rename_axis("component").reset_index())


def _first_open(known: Known, proposal: Proposal) -> int:
    """First year of the PAR Index that is not out."""
    announced = known.announcements
    years = announced.loc[announced["index_code"] == MAIN, "year"].tolist()
    if proposal.table is SCORES:  # an event's year has no result yet
        years += [int(row["year"]) for row in proposal.rows]
    return max(years, default=known.as_of.year - 1) + 1


def _figures(spec: RunSpec, known: Known) -> pd.DataFrame:
    """Median and range of every component and of the rank, as the report has them."""
    post = panel_forecast.posterior(known, spec, np.random.default_rng(spec.seed))
    worth = elasticities(known, post, spec)
    target = final_draws(known, spec, post.framework, post.last, post.target, worth)
    home = target.of_area(spec.area)
    levels = (0.5, *interval_ends(LEVEL))
    rank = ranks(scored(target, spec.index_code), post.subject.areas.index(spec.area))
    points = {name: quantiles(home.points(name)[:, 0], levels) for name in components(post.framework)}
    whole = {TOTAL: points[TOTAL], RANK: np.quantile(rank, levels, method="inverted_cdf")}
    return pd.DataFrame.from_dict({**whole, **points}, orient="index")
