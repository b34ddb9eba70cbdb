"""What the index is made of in each year, as it was known on a day: from tables to a `Subject`."""

import math
from collections.abc import Sequence

from forecast.base.errors import TooFewYearsError
from forecast.base.indexes import INDEXES
from forecast.data.framework import TOTAL, WHOLE, Framework, breaks, frameworks_for
from forecast.data.load import Known
from forecast.model.evidence import Evidence
from forecast.model.scheme import Scheme, Subject


def subject_of(known: Known, index_code: str, target_year: int) -> Subject:
    """Describe the index up to the target year, with all that was known on the day.

    The components are those of the target year's framework.  Where an earlier version did not
    split a component, its maximum is split as the target year's framework splits it.

    Raises TooFewYearsError if nothing is published of any year before the target year.
    """
    index = INDEXES[index_code]
    past = known.scores.loc[known.scores["index_code"].isin([index_code, index.survey]), "year"]
    past = past[past < target_year]
    if past.empty:
        raise TooFewYearsError.of(Evidence().name, 1, 0)
    years = range(int(past.min()), target_year + 1)
    frameworks = frameworks_for(known.frameworks, known.events, index_code, years, known.as_of)
    target = frameworks[target_year]
    leaves = tuple(sorted(target.leaves()))  # no draw depends on the order of the table of frameworks
    # A framework without the component that the survey enters has the survey beside it.
    survey = index.survey_component if index.survey_component in leaves else index.survey
    components = leaves if survey in leaves or not survey else (*leaves, survey)
    schemes = {year: _scheme(framework, target, survey) for year, framework in frameworks.items()}
    regions = {"": known.provinces} | {
        name: tuple(known.areas.loc[known.areas["region"] == name, "area"])
        for name in known.areas.loc[known.areas["kind"] == "region", "area"]
    }
    country = known.areas.loc[known.areas["kind"] == "country", "area"].iloc[0]
    regions[str(country)] = regions.pop("")
    changed = {code: breaks(known.events, code) for code in (index_code, index.survey)}
    ahead = range(int(past.max()) + 2, target_year + 1)  # results of the survey come with those of the index
    possible = {code: _possible(known, code, years, ahead) for code, years in changed.items()}
    code_of = {c: index.survey if c == survey else index_code for c in components}
    return Subject(
        index_code=index_code,
        areas=known.provinces,
        regions=regions,
        components=components,
        schemes=schemes,
        breaks={c: changed[code] for c, code in code_of.items()},
        possible_breaks={c: possible[code] for c, code in code_of.items()},
        links={(index.survey, TOTAL): survey} if survey else {},
        spare=frozenset((*target.parts(), *index.parts)),
    )


def survey_component(subject: Subject) -> str:
    """Component that holds the survey which is part of the index; an empty text if there is none."""
    return next(iter(subject.links.values()), "")


def survey_of(subject: Subject) -> str:
    """Code of the survey that is part of the index; an empty text if there is none."""
    return next((code for code, _ in subject.links), "")


def _possible(known: Known, index_code: str, breaks: Sequence[int], ahead: range) -> dict[int, float]:
    """Chance that the method changed in each year beyond the first without a result, where none is entered.

    Criteria of a year come out late in it or after it.  One year ahead the model's moves hold that: past
    years were forecast without knowing their criteria too.  Nobody could judge more years ahead, so there the
    share of years that changed counts (rule of succession).
    """
    own = known.scores.loc[known.scores["index_code"] == index_code, "year"]
    own = own[own < ahead.start]
    if own.empty:
        return {}
    first, last = int(own.min()), int(own.max())
    chance = (sum(first < year <= last for year in breaks) + 1) / (last - first + 2)
    return {year: chance for year in ahead if year not in breaks}


def _scheme(framework: Framework, target: Framework, survey: str) -> Scheme:
    """Give the target's components the maxima of `framework`."""
    maxima: dict[str, float] = {}
    status: dict[str, str] = {}
    parents = dict(zip(target.components["component"], target.components["parent"], strict=True))
    for component in (TOTAL, *_inside(target, TOTAL)):
        parent = parents[component]
        own = framework.maximum(component)
        if not math.isnan(own):
            maxima[component], status[component] = own, framework.max_status(component)
        elif not math.isnan(framework.maximum(parent)):
            split = target.maximum(component) / target.maximum(parent)
            maxima[component], status[component] = framework.maximum(parent) * split, "borrowed"
        else:
            maxima[component], status[component] = target.maximum(component), "borrowed"
    bounds = {c: framework.maximum_bounds(c) for c, known in status.items() if known == "assumed"}
    children = {c: tuple(sorted(target.children(c))) for c in maxima if target.children(c)}
    weights = {c: m / maxima[TOTAL] for c, m in maxima.items()}
    if survey and survey not in maxima:  # the survey stands beside the index
        weights[survey], maxima[survey], status[survey] = 0.0, WHOLE, "read"
    return Scheme(weights=weights, maxima=maxima, status=status, children=children, bounds=bounds)


def _inside(framework: Framework, component: str) -> tuple[str, ...]:
    """Components below one, from the top down."""
    own = framework.children(component)
    return tuple(name for child in own for name in (child, *_inside(framework, child)))
