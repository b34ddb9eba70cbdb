"""A proposal in words: what would be added, and how it stands beside what is known."""

from __future__ import annotations

from typing import Final

from forecast.base import labels
from forecast.intake.additions.proposal import Proposal

_MOST_SHOWN: Final = 12


def preview(proposal: Proposal, lang: str) -> str:
    """Write what a person should see before it is written; one row is shown whole."""
    if len(proposal.rows) == 1:
        cells = proposal.rows[0].items()
        lines = [
            "  " + labels.text("additions.cell", lang, column=name, value=text)
            for name, text in cells
            if text
        ]
    else:
        lines = [remark.text(lang) for remark in proposal.remarks]
    return "\n".join([title(proposal, lang), *lines, beside(proposal, lang)])


def title(proposal: Proposal, lang: str) -> str:
    """Say what would be added where."""
    facts = {"count": len(proposal.rows), "file": proposal.table.file, "what": proposal.what}
    return labels.text("additions.title", lang, **facts)


def beside(proposal: Proposal, lang: str) -> str:
    """Say how the new figures stand beside the known ones."""
    found = proposal.compared
    counts = {"new": found.new, "same": found.same, "different": len(found.different)}
    lines = [labels.text("additions.compared", lang, **counts)]
    for each in found.different[:_MOST_SHOWN]:
        facts = {"area": each.area, "component": each.component, "known": each.known, "new": each.new}
        lines.append("  " + labels.text("additions.different", lang, source=each.source, **facts))
    if len(found.different) > _MOST_SHOWN:
        lines.append("  " + labels.text("additions.more", lang, count=len(found.different) - _MOST_SHOWN))
    if found.standing:
        lines.append(labels.text("additions.standing", lang, count=found.standing))
    if found.missing:
        facts = {"count": len(found.missing), "areas": list(found.missing)}
        lines.append(labels.text("additions.missing", lang, **facts))
    return "\n".join(lines)
