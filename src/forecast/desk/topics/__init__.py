"""Views of what is known on the day, one for each topic."""

from collections.abc import Callable, Mapping
from typing import Final, Literal, get_args

from forecast.base.errors import SpecError
from forecast.base.spec import refuse_unknown
from forecast.desk.steps import Steps
from forecast.desk.topics.gaps import gaps
from forecast.desk.topics.indicators import indicators
from forecast.desk.topics.provinces import provinces
from forecast.desk.topics.survey import survey
from forecast.desk.topics.vintages import vintages
from forecast.desk.views import View, with_note
from forecast.pages import plot, report

Topic = Literal["overview", "gaps", "conflicts", "vintages", "indicators", "provinces", "survey"]


def known(steps: Steps, topic: Topic, component: str, lang: str) -> View:
    """Show one topic.

    Raises SpecError if the topic is unknown, or a component is given to a topic that has none.
    """
    if topic not in VIEWS:
        refuse_unknown("topic", topic, get_args(Topic))
    if component and topic != "gaps":
        raise SpecError("desk.topic_without_component", {"topic": topic, "component": component})
    if topic == "gaps":
        return gaps(steps, component, lang)
    return VIEWS[topic](steps, lang)


def overview(steps: Steps, lang: str) -> View:
    """Show the counts, and which cells of the area are known."""
    result = steps.main_result()
    parts = (report.count_table(result, lang=lang), plot.known(result, lang=lang))
    return View(with_note(result, lang, *parts), result.vintage)


def conflicts(steps: Steps, lang: str) -> View:
    """Show the figures that were set aside for others of the same thing."""
    result = steps.main_result()
    return View(with_note(result, lang, report.conflict_table(result, lang=lang)), result.set_aside)


VIEWS: Final[Mapping[str, Callable[[Steps, str], View]]] = {
    "overview": overview,
    "gaps": lambda steps, lang: gaps(steps, "", lang),
    "conflicts": conflicts,
    "vintages": vintages,
    "indicators": indicators,
    "provinces": provinces,
    "survey": survey,
}
