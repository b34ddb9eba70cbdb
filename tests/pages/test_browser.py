"""Pages in a real browser: on a phone, on paper.  Skipped where there is no Chromium."""

import dataclasses
import html
import json
import re
import shutil
import subprocess

import pytest

from forecast.base import labels
from forecast.pages import report
from forecast.pages.report import letter

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not installed: pages are not tried in a browser"
)
STEMS = ("meeting", "data", "domain", "scorecard", "departments", "backtest", "total")
# Opens all that can be opened, then tells the width of the window and of the page, and what sticks out.
MEASURE = """<script>
document.querySelectorAll("details").forEach(part => part.open = true);
const out = [...document.querySelectorAll("body *")].filter(part =>
  part.getBoundingClientRect().right > innerWidth + 1
  && !part.closest("svg, thead, .pages, .table-box:has(.scroll)"));
parent.said ??= {};
parent.said[NAME] = [innerWidth, document.documentElement.scrollWidth, out.length];
parent.document.title = JSON.stringify(parent.said);
</script></body>"""


def browser(*arguments):
    """What Chromium prints for some arguments."""
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def measured(pages, folder, phone=320):
    """Widths of window and page, and how many elements stick out, of each page on a phone."""
    frames = []
    for name, page in pages.items():
        asking = MEASURE.replace("NAME", json.dumps(name))
        free = re.sub(r"<meta http-equiv=[^>]*>", "", page).replace("</body>", asking)
        size = f"width:{phone}px;height:800px;border:0"
        frames.append(f'<iframe style="{size}" srcdoc="{html.escape(free)}"></iframe>')
    (folder / "frame.html").write_text(
        f"<!DOCTYPE html><meta charset=utf-8>{''.join(frames)}", encoding="utf-8"
    )
    shown = browser("--virtual-time-budget=4000", "--dump-dom", (folder / "frame.html").as_uri())
    said = json.loads(html.unescape(re.search(r"<title>(\{.*?\})</title>", shown)[1]))
    assert set(said) == set(pages)
    return said


def test_a_phone_of_320_pixels_needs_no_sideways_scrolling(pages, tmp_path):
    """Everything fits the width, but for links to pages and the one table that slide in their own frames."""
    said = measured({stem: pages[stem, "vi"] for stem in STEMS}, tmp_path)

    for stem, (window, width, sticking_out) in said.items():
        assert (stem, window, sticking_out) == (stem, 320, 0)
        assert width <= 320, stem


def test_endless_words_of_people_do_not_widen_a_phones_page(made_up, pages_from, tmp_path):
    """A word without a break is broken, whoever wrote it."""
    endless = "dài" * 120
    told = dataclasses.replace(
        made_up,
        departments=made_up.departments.assign(given_reason=endless, remedy=endless, department=endless),
        remedies=made_up.remedies.assign(action=endless, responsible=endless, note=endless, unit=endless),
        units=made_up.units.assign(unit=endless),
    )

    ((window, width, sticking_out),) = measured(pages_from(told, "departments"), tmp_path).values()

    assert window == 320
    assert width <= 320
    assert sticking_out == 0


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("which", ["made_up", "bare"])
def test_page_one_is_one_sheet(which, lang, made_up, bare, pages, pages_from, tmp_path):
    """Headline, boxes, decisions and caveats stand on the first sheet, the domains on the next."""
    result = {"made_up": made_up, "bare": bare}[which]
    page = pages["meeting", lang] if which == "made_up" else pages_from(bare, "meeting", lang=lang)["meeting"]
    (tmp_path / "meeting.html").write_text(page, encoding="utf-8")
    paper = tmp_path / "meeting.pdf"

    browser("--no-pdf-header-footer", f"--print-to-pdf={paper}", (tmp_path / "meeting.html").as_uri())

    command = ["pdftotext", "-l", "2", str(paper), "-"]
    text = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    first, second = (" ".join(sheet.split()) for sheet in text.split("\f")[:2])
    shown = [report.heading("decisions", lang=lang).text, *report.caveats(result, lang=lang).lines]
    shown += [*report.headline(result, lang=lang).parts[0].lines, *report.decision_lines(result, lang=lang)]
    shown += [*report.decision_notes(result, lang=lang)]
    shown += [text for card in report.cards(result, lang=lang).cards for text in (card.label, card.value)]
    assert [part for part in shown if part.replace("\N{NO-BREAK SPACE}", " ") not in first] == []
    assert second.removeprefix("2 ").startswith(report.heading("domains", lang=lang).text)


def test_paper_is_a4_and_tagged(pages, tmp_path):
    """The PDF that a browser prints has A4 pages and the structure that a screen reader follows."""
    (tmp_path / "meeting.html").write_text(pages["meeting", "vi"], encoding="utf-8")

    browser(
        "--no-pdf-header-footer",
        f"--print-to-pdf={tmp_path / 'meeting.pdf'}",
        (tmp_path / "meeting.html").as_uri(),
    )

    pdf = (tmp_path / "meeting.pdf").read_bytes()
    sizes = {
        tuple(round(float(side)) for side in box.split())
        for box in re.findall(rb"/MediaBox \[0 0 ([\d. ]+)\]", pdf)
    }
    assert sizes == {(595, 842)}
    assert b"/StructTreeRoot" in pdf


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_a_letter_fits_a_phone_of_360_pixels(lang, made_up, tmp_path):
    """Mail programs let nothing slide, so the table's four columns fit."""
    made = letter(made_up, lang=lang, name="Lan", edition="vi", attached=["html"], run_id="a-run")

    ((window, width, sticking_out),) = measured({"letter": made.html}, tmp_path, phone=360).values()

    assert (window, sticking_out) == (360, 0)
    assert width <= 360
