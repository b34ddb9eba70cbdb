"""Forecast the whole panel once, for however many areas a report is made.

The panel holds every province, so its posterior and draws, the fits of the engine's models and the record of
earlier years are the same for all areas.  `pipeline` makes the result of one area from them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from forecast.answer import findings, record
from forecast.answer.indicators import component_of, covariates_at, expert_effects
from forecast.answer.members import Members, fit_members, member_rows, panels_of, with_margins
from forecast.base.arrays import Floats
from forecast.base.indexes import panel_of
from forecast.base.spec import RunSpec
from forecast.data.framework import TOTAL, Framework, framework_for
from forecast.data.load import Known, Vintages
from forecast.model.cell_effects import CellEffects, effects_of
from forecast.model.covariates import Covariates, complete
from forecast.model.evidence import Evidence
from forecast.model.fitted_evidence import FittedEvidence
from forecast.model.fitted_shares import fitted_shares
from forecast.model.joint_draws import joint_draws
from forecast.model.last_rank import LAST_RANK, last_rank_chances
from forecast.model.latent import Lattice
from forecast.model.pool import complete_components
from forecast.model.scheme import Subject, leaf_weights
from forecast.model.simulate import Draws, drawn_maxima, rank_chances, stream
from forecast.model.statements import observe
from forecast.model.subject import subject_of, survey_of

MAIN_MODEL: Final = "evidence"
MOST_SHARE: Final = 1.0  # of the maximum, that an expert's effect may be worth at a usual move
LEAST_SHARE: Final = 1e-6  # and its doubt at least: less is no number in a matrix
MOST_PANELS: Final = 4  # posteriors kept in memory, some 40 MB each


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """The latent panel given what was known, and joint draws of last year and the target year."""

    subject: Subject
    framework: Framework
    uses: pd.Series[str]
    fitted: FittedEvidence
    last: Draws
    target: Draws
    covariates: Covariates
    effect_draws: Floats  # (n, K) of one standard unit of each covariate, logits
    members: Members | None = None  # fitted already where the target year leans on them


@dataclass(frozen=True, slots=True, eq=False)
class PanelForecast:
    """What is computed once for all areas; it pickles, so that other processes can make areas' results."""

    spec: RunSpec  # the question; its area is any
    # known, visible: what is known, and the part of it that the forecast may use
    known: Known
    visible: Known
    posterior: Posterior
    members: Members
    past: record.Past  # see `Result.backtest` and `Result.verification`
    rng: np.random.Generator  # source of random numbers in its state after the posterior's draws
    # posteriors of earlier states of knowledge, to tell what changed since
    panels: list[tuple[Known, Posterior]] = field(default_factory=list)
    cache: dict[str, Floats] = field(default_factory=dict)  # what `fitted_shares` computed

    def fitted_shares(self) -> Floats:
        """Estimate the share behind each published figure (`model.fitted_shares`), once for all areas."""
        if "fitted_shares" not in self.cache:
            last = self.posterior.last
            with threadpool_limits(limits=1):
                shares = fitted_shares(
                    self.posterior.fitted, (last.year, last.joint()), stream(self.spec.seed, "held")
                )
            self.cache["fitted_shares"] = shares
        return self.cache["fitted_shares"]

    def stream(self) -> np.random.Generator:
        """Give each area the same random numbers, as if it was the only one."""
        return copy.deepcopy(self.rng)

    def answers(self, spec: RunSpec) -> bool:
        """Whether `spec` asks the same but for the area."""
        return replace(spec, area=self.spec.area) == self.spec

    def posterior_of(self, known: Known, tables: tuple[str, ...]) -> Posterior:
        """The posterior in another state of knowledge, computed anew only if one of its `tables` differs."""
        for other, post in [(self.visible, self.posterior), *self.panels]:
            if all(getattr(other, name) is getattr(known, name) for name in tables):
                return post
        post = posterior(known, self.spec, np.random.default_rng(self.spec.seed))
        self.panels.append((known, post))
        del self.panels[:-MOST_PANELS]
        return post


def forecast_panel_with_record(
    spec: RunSpec, vintages: Vintages, mapper: record.Mapper = map
) -> PanelForecast:
    """Forecast the panel, with the record of earlier years; the spec's area does not matter.

    Raises SpecError (as `begin_record`).
    """
    known, years = begin_record(spec, vintages, mapper)
    panel_forecast = replace(forecast_panel(known, spec), past=record.joined(years))
    panel_forecast.fitted_shares()  # here, so that it goes along to whoever answers for one area
    return panel_forecast


def begin_record(
    spec: RunSpec, vintages: Vintages, mapper: record.Mapper = map
) -> tuple[Known, Iterator[record.Past]]:
    """Read what is known on the day, and start to forecast the earlier years of the record.

    `mapper` may forecast these years in other processes; their results are waited for when the returned
    iterator is read.

    Raises SpecError if the area is no province, the target year's result was already published, or nothing
    was known.
    """
    published = vintages.known_at(spec.as_of).of(spec.index_code)
    known = published.for_year(spec.target_year)
    known.refuse(spec)
    # The same area whichever is asked for, so that not even the order of the rows depends on it.
    anyone = replace(spec, area=known.provinces[0])
    return known, record.past_forecasts(vintages, published, anyone, forecast_rows, mapper)


def forecast_panel(known: Known, spec: RunSpec) -> PanelForecast:
    """Forecast the panel from what was known on the day, without the record of earlier years.

    Raises SpecError (as `begin_record`).
    """
    known = known.of(spec.index_code).for_year(spec.target_year)
    visible = before_result(known, spec)
    rng = np.random.default_rng(spec.seed)
    post = posterior(visible, spec, rng)
    anyone = replace(spec, area=known.provinces[0])
    return PanelForecast(anyone, known, visible, post, _members(visible, spec, post), record.no_record(), rng)


def forecast_rows(known: Known, spec: RunSpec) -> pd.DataFrame:
    """The FORECAST rows that the record of earlier years needs: all cells of all areas, and their ranks.

    Ranks are only of areas whose rank of the year before was known, as `last_rank` needs it.

    Raises SpecError (as `begin_record` does).
    """
    panel_forecast = forecast_panel(known, spec)
    post = panel_forecast.posterior
    with threadpool_limits(limits=1):
        main = findings.rows_of_all(post.target, spec, post.framework, MAIN_MODEL)
    members, _ = member_rows(panel_forecast.members, spec, post.framework, everywhere=True)
    return pd.concat([main, members, *_ranks(panel_forecast, spec)], ignore_index=True)


def _ranks(panel_forecast: PanelForecast, spec: RunSpec) -> list[pd.DataFrame]:
    """FORECAST rows of the ranks of all areas whose rank of the year before was known."""
    post, rows = panel_forecast.posterior, panel_forecast.visible.scores
    rows = rows[(rows["component"] == TOTAL) & (rows["statistic"] == "value") & rows["rank"].notna()]
    rows = rows[(rows["year"] == spec.target_year - 1) & rows["area"].isin(post.subject.areas)]
    tables = []
    for index_code in (post.subject.index_code, survey_of(post.subject)):
        own = rows[rows["index_code"] == index_code]
        areas = own["area"].tolist()
        if not areas:
            continue
        places = [post.subject.areas.index(area) for area in areas]
        drawn = rank_chances(findings.scored(post.target, index_code), places)
        reference = last_rank_chances(own["rank"].to_numpy(), len(post.subject.areas))
        for model, chances in ((MAIN_MODEL, drawn), (LAST_RANK, reference)):
            tables.append(findings.rank_rows(chances, areas, index_code, spec, post.framework, model))
    return tables


def before_result(known: Known, spec: RunSpec) -> Known:
    """Hide the target year from a forced run, as a forecast that saw its result could verify nothing."""
    if not spec.force:
        return known
    earlier = known.scores["year"] < spec.target_year
    return replace(known, scores=known.scores[earlier].reset_index(drop=True))


def posterior(known: Known, spec: RunSpec, rng: np.random.Generator) -> Posterior:
    """Condition the latent panel on all that was known and draw last year and the target year.

    Raises SpecError (as `begin_record` does).
    """
    known.refuse(spec)
    index = panel_of(spec.index_code)
    subject = subject_of(known, index, spec.target_year)
    framework = framework_for(known.frameworks, known.events, index, spec.target_year, known.as_of)
    lattice, statements, uses = observe(known.scores, subject, Evidence().start)
    covariates = _covariates(known, subject, spec)
    effects = _effects(known, covariates, subject, lattice)
    years = (spec.target_year - 1, spec.target_year)
    with threadpool_limits(limits=1):  # the same bytes on any machine, and no quarrel over cores
        fitted = Evidence().fit(lattice, statements, effects)
        drawn = joint_draws(fitted, years, spec.draws, rng)
    last, target = (
        Draws(subject, year, drawn.shares[..., k], offset=drawn.offset[:, k]) for k, year in enumerate(years)
    )
    target = replace(target, maxima=drawn_maxima(subject.schemes[spec.target_year], spec.draws, rng))
    panel = panels_of(known, subject, statements, uses, spec)[0][1]
    complete = complete_components(panel, len(subject.areas), years[0]) if panel is not None else ()
    members = fit_members(known, subject, statements, uses, spec, covariates) if complete else None
    if members is not None:
        target = with_margins(target, members, complete, spec)
    return Posterior(subject, framework, uses, fitted, last, target, covariates, drawn.effects, members)


def _covariates(known: Known, subject: Subject, spec: RunSpec) -> Covariates:
    """Current indicators of components that the index has in the target year."""
    covariates = covariates_at(known, spec.target_year, spec.as_of, subject.areas)
    parts = subject.schemes[spec.target_year].maxima
    return covariates.only([k for k, name in enumerate(covariates.components) if component_of(name) in parts])


def _effects(known: Known, covariates: Covariates, subject: Subject, lattice: Lattice) -> CellEffects:
    """Effects that current indicators may have on the cells, with experts' ranges for them."""
    expert_ranges = expert_effects(known.elasticities, covariates)
    completed = complete(covariates.over(lattice.areas, lattice.years), ~np.isnan(expert_ranges[0]))
    year = lattice.years[-1]
    leaves = {name: tuple(leaf_weights(subject, component_of(name), year)) for name in completed.components}
    maxima = np.array([subject.schemes[year].maxima[component_of(name)] for name in completed.components])
    mean, sd = (own[completed.kept] * completed.scale / maxima for own in expert_ranges)
    return effects_of(completed, lattice, leaves, believable(mean, sd))


def believable(mean: Floats, sd: Floats) -> tuple[Floats, Floats]:
    """Drop experts' effects by which a usual move would be worth more than the maximum; (K,) each.

    >>> believable(np.array([0.1, 40.0, 0.0]), np.array([0.0, 3.0, np.inf]))
    (array([0.1, nan, nan]), array([1.e-06,    nan,    nan]))
    """
    fit = (np.abs(mean) <= MOST_SHARE) & (sd <= MOST_SHARE)
    return np.where(fit, mean, np.nan), np.where(fit, np.maximum(sd, LEAST_SHARE), np.nan)


def rows_of(panel_forecast: PanelForecast, spec: RunSpec) -> tuple[pd.DataFrame, pd.DataFrame]:
    """FORECAST rows of all models for the spec's area, and which model forecasts which component."""
    post = panel_forecast.posterior
    members, availability = member_rows(panel_forecast.members, spec, post.framework)
    main = findings.main_rows(post.target, spec, post.framework, MAIN_MODEL)
    return pd.concat([main, members], ignore_index=True), availability


def _members(known: Known, spec: RunSpec, post: Posterior) -> Members:
    return post.members or fit_members(
        known, post.subject, post.fitted.statements, post.uses, spec, post.covariates
    )
