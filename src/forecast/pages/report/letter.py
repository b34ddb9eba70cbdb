"""Write the letter to which a report is attached; a leader can read it without opening anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from forecast.answer.result import Result
from forecast.base import labels
from forecast.data.issuer import Issuer
from forecast.pages import reading
from forecast.pages.markup import Passage, Table, environment
from forecast.pages.report.decisions import decision_lines
from forecast.pages.report.front import caveats, headline
from forecast.pages.tables.forecast import letter_table
from forecast.pages.tables.standing import path_sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter's subject and body; `warning` is set if figures are made up."""

    lang: str
    subject: str
    greeting: str
    headline: Passage
    lead: Passage
    table: Table
    decisions_label: str
    decisions: Passage
    moved: str
    caveats_label: str
    caveats: Passage
    closing: tuple[str, ...]
    warning: str = ""

    def to(self, name: str, title: str = "") -> Letter:
        """The same letter to another reader; `title` is how the reader is addressed."""
        return replace(self, greeting=_greeting(f"{title} {name}", self.lang))

    @property
    def text(self) -> str:
        """The body in plain text."""
        warning = f"*** {self.warning} ***" if self.warning else ""
        parts = (self.greeting, warning, self.headline, self.lead, self.table)
        decisions = f"{self.decisions_label}\n{self.decisions}" if self.decisions.lines else ""
        caveats = f"{self.caveats_label}\n{self.caveats}"
        parts_ = (*parts, decisions, self.moved, caveats, "\n".join(self.closing))
        return "\n\n".join(filter(None, map(str, parts_))) + "\n"

    @property
    def html(self) -> str:
        """The body as HTML with inline styles, as mail programs drop style sheets."""
        return environment().get_template("letter.html.j2").render(letter=self)


def letter(
    result: Result,
    *,
    lang: str,
    name: str,
    edition: str,
    attached: Sequence[str],
    run_id: str,
    issuer: Issuer = Issuer(),  # noqa: B008 -- frozen
) -> Letter:
    """Write the letter to one reader, by `name`; the issuer signs.

    `attached` names the kinds of the files attached (html, pdf, xlsx), and `edition` the language of the
    report among them, which is said where it is not the letter's.
    """
    warning = labels.text("page.made_up", lang) if reading.made_up(result) else ""
    first, lead = headline(result, lang=lang).parts
    if not isinstance(first, Passage) or not isinstance(lead, Passage):
        raise TypeError("the headline is made of two passages")
    return Letter(
        lang=lang,
        subject=subject(result, lang=lang),
        greeting=_greeting(name, lang),
        warning=warning,
        headline=first,
        lead=lead,
        table=letter_table(result, lang=lang),
        decisions_label=labels.text("heading.decisions", lang),
        decisions=Passage(decision_lines(result, lang=lang), form="steps"),
        moved=path_sentence(result, lang=lang),
        caveats_label=labels.text("letter.caveats", lang),
        caveats=caveats(result, lang=lang),
        closing=_closing(lang, edition, attached, run_id, issuer),
    )


def subject(result: Result, *, lang: str) -> str:
    """Say in one line what is forecast, with the range; a warning comes first if figures are made up."""
    total = reading.line(result, reading.TOTAL)
    spec = result.spec
    text = labels.text(
        "letter.subject_percent" if reading.is_survey(spec.index_code) else "letter.subject",
        lang,
        index=labels.text(f"short_index.{spec.index_code}", lang),
        year=spec.target_year,
        place=reading.place_name(spec.area, lang),
        median=reading.points(total["median"], lang),
        span=reading.span(total["lower"], total["upper"], lang),
        as_of=spec.as_of,
    )
    return f"[{labels.text('page.made_up', lang)}] {text}" if reading.made_up(result) else text


def _greeting(name: str, lang: str) -> str:
    return labels.text("letter.greeting", lang, name=reading.own_words(name))


def _closing(
    lang: str, edition: str, attached: Sequence[str], run_id: str, issuer: Issuer
) -> tuple[str, ...]:
    lines = []
    if attached:
        kinds = [labels.text(f"letter.kind.{kind}", lang) for kind in attached]
        lines.append(labels.text("letter.attached", lang, kinds=kinds))
        if edition != lang:
            lines.append(labels.text(f"letter.edition.{edition}", lang))
    lines.append(labels.text("letter.run", lang, run_id=run_id))
    unit = issuer.unit(lang) or labels.text("page.unit", lang)
    contact = labels.text("page.contact", lang, contact=issuer.contact) if issuer.contact else ""
    signed = (labels.text("letter.regards", lang), issuer.signer(lang), unit, contact)
    return (*lines, *filter(None, signed))
