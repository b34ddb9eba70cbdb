"""What the answers for all areas rest on alike: computed once, whatever number of areas is asked for.

The panel holds every province at once, so its posterior and its draws, the members' fits and the record of
earlier years are the same for each of them.  Only `pipeline` knows what comes after.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from forecast.answer import findings, record
from forecast.answer.indicators import component_of, covariates_at, expert_effects
from forecast.answer.members import Members, fit_members, member_rows, panels_of, with_margins
from forecast.base.indexes import panel_of
from forecast.base.spec import RunSpec
from forecast.data.framework import TOTAL, Framework, framework_for
from forecast.data.load import Known, Vintages
from forecast.model.cell_effects import CellEffects, effects_of
from forecast.model.covariates import Covariates, complete
from forecast.model.evidence import Evidence, FittedEvidence
from forecast.model.held import held_shares
from forecast.model.last_rank import LAST_RANK, last_rank_chances
from forecast.model.latent import Lattice
from forecast.model.pool import complete_components
from forecast.model.scheme import Subject, leaf_weights
from forecast.model.simulate import Draws, drawn_maxima, rank_chances, stream
from forecast.model.statements import observe
from forecast.model.subject import subject_of, survey_of

Floats = NDArray[np.float64]

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
    effect_draws: NDArray[np.float64]  # (n, K) of one standard unit of each covariate, logits
    members: Members | None = None  # fitted already where the target year leans on them


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What is the same for all areas; it pickles, so that it can be sent to who answers for one.

    Attributes
    ----------
    spec : RunSpec
        What was asked; its area is any.
    known, seen : Known
        What is known, and what of it the forecast may see.
    posterior : Posterior
    members : Members
    past : Past
        See `Result.backtest` and `Result.verification`.
    rng : Generator
        As the posterior's draws left it.
    panels : list
        Posteriors of other states of knowledge, for what changed; the first is that of `seen`.
    kept : dict
        What `held` found.
    """

    spec: RunSpec
    known: Known
    seen: Known
    posterior: Posterior
    members: Members
    past: record.Past
    rng: np.random.Generator
    panels: list[tuple[Known, Posterior]] = field(default_factory=list)
    kept: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def held(self) -> NDArray[np.float64]:
        """What the model holds each published figure to be, see `held_shares`; found once for all areas."""
        if "held" not in self.kept:
            last = self.posterior.last
            with threadpool_limits(limits=1):
                found = held_shares(
                    self.posterior.fitted, (last.year, last.joint()), stream(self.spec.seed, "held")
                )
            self.kept["held"] = found
        return self.kept["held"]

    def stream(self) -> np.random.Generator:
        """Give each area the same source of chance, as if it was the only one."""
        return copy.deepcopy(self.rng)

    def answers(self, spec: RunSpec) -> bool:
        """Whether `spec` asks the same but for the area."""
        return replace(spec, area=self.spec.area) == self.spec

    def posterior_of(self, known: Known, tables: tuple[str, ...]) -> Posterior:
        """The posterior in another state of knowledge: found anew only if one of its `tables` differs."""
        for other, post in [(self.seen, self.posterior), *self.panels]:
            if all(getattr(other, name) is getattr(known, name) for name in tables):
                return post
        post = posterior(known, self.spec, np.random.default_rng(self.spec.seed))
        self.panels.append((known, post))
        del self.panels[:-MOST_PANELS]
        return post


def ground_of(spec: RunSpec, vintages: Vintages, each: record.Each = map) -> Ground:
    """Do the work that does not depend on the spec's area.

    Raises
    ------
    SpecError
        As `begun` does.
    """
    known, years = begun(spec, vintages, each)
    found = replace(ground_from(known, spec), past=record.joined(years))
    found.held()  # here, so that it goes along to whoever answers for one area
    return found


def begun(spec: RunSpec, vintages: Vintages, each: record.Each = map) -> tuple[Known, Iterator[record.Past]]:
    """Give what is known on the day, and the years of the record, which are begun.

    `each` does the years, beside this process where it can: until they are asked for, there is time for other
    work.

    Raises
    ------
    SpecError
        If the area is no province, the target year's result was already published, or nothing was known.
    """
    published = vintages.known_at(spec.as_of).of(spec.index_code)
    known = published.for_year(spec.target_year)
    known.refuse(spec)
    # With an area of no one's choice, so that not even the order of the rows depends on who asks.
    anyone = replace(spec, area=known.provinces[0])
    return known, record.past_forecasts(vintages, published, anyone, forecast_rows, each)


def ground_from(known: Known, spec: RunSpec) -> Ground:
    """Do the same from what was known on the day alone, without the record of earlier years.

    Raises
    ------
    SpecError
        As `begun` does.
    """
    known = known.of(spec.index_code).for_year(spec.target_year)
    seen = before_result(known, spec)
    rng = np.random.default_rng(spec.seed)
    post = posterior(seen, spec, rng)
    anyone = replace(spec, area=known.provinces[0])
    return Ground(anyone, known, seen, post, _members(seen, spec, post), record.no_record(), rng)


def forecast_rows(known: Known, spec: RunSpec) -> pd.DataFrame:
    """The FORECAST rows that the record of earlier years needs: all cells of all areas, and their ranks.

    Ranks are told where the rank of the year before was known, which the plain reference starts from.

    Raises
    ------
    SpecError
        As `begun` does.
    """
    ground = ground_from(known, spec)
    post = ground.posterior
    with threadpool_limits(limits=1):
        main = findings.rows_of_all(post.target, spec, post.framework, MAIN_MODEL)
    members, _ = member_rows(ground.members, spec, post.framework, everywhere=True)
    return pd.concat([main, members, *_ranks(ground, spec)], ignore_index=True)


def _ranks(ground: Ground, spec: RunSpec) -> list[pd.DataFrame]:
    """FORECAST rows of the ranks of all areas whose rank of the year before was known."""
    post, rows = ground.posterior, ground.seen.scores
    rows = rows[(rows["component"] == TOTAL) & (rows["statistic"] == "value") & rows["rank"].notna()]
    rows = rows[(rows["year"] == spec.target_year - 1) & rows["area"].isin(post.subject.areas)]
    made = []
    for index_code in (post.subject.index_code, survey_of(post.subject)):
        own = rows[rows["index_code"] == index_code]
        areas = own["area"].tolist()
        if not areas:
            continue
        places = [post.subject.areas.index(area) for area in areas]
        drawn = rank_chances(findings.scored(post.target, index_code), places)
        plain = last_rank_chances(own["rank"].to_numpy(), len(post.subject.areas))
        for model, chances in ((MAIN_MODEL, drawn), (LAST_RANK, plain)):
            made.append(findings.rank_rows(chances, areas, index_code, spec, post.framework, model))
    return made


def before_result(known: Known, spec: RunSpec) -> Known:
    """Hide the target year from a forced run, as a forecast that saw its result could verify nothing."""
    if not spec.force:
        return known
    seen = known.scores["year"] < spec.target_year
    return replace(known, scores=known.scores[seen].reset_index(drop=True))


def posterior(known: Known, spec: RunSpec, rng: np.random.Generator) -> Posterior:
    """Condition the latent panel on all that was known and draw last year and the target year.

    Raises
    ------
    SpecError
        As `begun` does.
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
        drawn = fitted.draws(years, spec.draws, rng)
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
    every = covariates_at(known, spec.target_year, spec.as_of, subject.areas)
    parts = subject.schemes[spec.target_year].maxima
    return every.only([k for k, name in enumerate(every.components) if component_of(name) in parts])


def _effects(known: Known, covariates: Covariates, subject: Subject, lattice: Lattice) -> CellEffects:
    """What current indicators may do to the cells, with what experts say of it."""
    said = expert_effects(known.elasticities, covariates)
    completed = complete(covariates.over(lattice.areas, lattice.years), ~np.isnan(said[0]))
    year = lattice.years[-1]
    leaves = {name: tuple(leaf_weights(subject, component_of(name), year)) for name in completed.components}
    maxima = np.array([subject.schemes[year].maxima[component_of(name)] for name in completed.components])
    mean, sd = (own[completed.kept] * completed.scale / maxima for own in said)
    return effects_of(completed, lattice, leaves, believable(mean, sd))


def believable(mean: Floats, sd: Floats) -> tuple[Floats, Floats]:
    """Leave out what experts say where a usual move would be worth more than all points, (K,) each.

    Examples
    --------
    >>> believable(np.array([0.1, 40.0, 0.0]), np.array([0.0, 3.0, np.inf]))
    (array([0.1, nan, nan]), array([1.e-06,    nan,    nan]))
    """
    fit = (np.abs(mean) <= MOST_SHARE) & (sd <= MOST_SHARE)
    return np.where(fit, mean, np.nan), np.where(fit, np.maximum(sd, LEAST_SHARE), np.nan)


def rows_of(ground: Ground, spec: RunSpec) -> tuple[pd.DataFrame, pd.DataFrame]:
    """FORECAST rows of all models for the spec's area, and which model says something about what."""
    post = ground.posterior
    members, availability = member_rows(ground.members, spec, post.framework)
    main = findings.main_rows(post.target, spec, post.framework, MAIN_MODEL)
    return pd.concat([main, members], ignore_index=True), availability


def _members(known: Known, spec: RunSpec, post: Posterior) -> Members:
    return post.members or fit_members(
        known, post.subject, post.fitted.statements, post.uses, spec, post.covariates
    )
