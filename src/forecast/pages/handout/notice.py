"""Write the decisions as a Word file, to be copied into the notice of the meeting's conclusions."""

import io
from typing import Final

from forecast.answer.result import Result
from forecast.base import labels
from forecast.base.excel import FONT, repacked
from forecast.pages import reading
from forecast.pages.report.decisions import decision_lines, decision_notes
from forecast.pages.report.front import headline

MARGINS: Final = {"top_margin": 20, "bottom_margin": 20, "left_margin": 30, "right_margin": 15}  # millimetres


def notice(result: Result, *, lang: str) -> bytes:
    """Write the notice with the words of sheet one: headline, decisions, their sum; A4, Times New Roman."""
    import docx  # takes its time
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm, Pt

    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    for name, size in MARGINS.items():
        setattr(section, name, Mm(size))
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(14)
    if reading.made_up(result):
        document.add_paragraph().add_run(labels.text("page.made_up", lang)).bold = True
    spec = result.spec
    facts = {"index": labels.text(f"short_index.{spec.index_code}", lang), "year": spec.target_year}
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.add_run(labels.text("notice.title", lang, **facts)).bold = True
    for line in str(headline(result, lang=lang)).split("\n\n"):
        document.add_paragraph(line)
    for place, line in enumerate(decision_lines(result, lang=lang), start=1):
        document.add_paragraph(f"{place}. {line}")
    for line in (*decision_notes(result, lang=lang), labels.text("notice.note", lang, as_of=spec.as_of)):
        document.add_paragraph().add_run(line).italic = True
    about = document.core_properties
    about.title, about.author, about.language = title.text, labels.text("page.unit", lang), lang
    fresh = io.BytesIO()
    document.save(fresh)
    return repacked(fresh, spec.as_of)
