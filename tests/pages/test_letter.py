"""The letter to a leader: what it says in each language, and that nothing in it is markup of others."""

import dataclasses
import html
import re

import pytest

from forecast.base import labels
from forecast.data.issuer import Issuer
from forecast.pages.report import letter


def written(result, lang, **more):
    """A letter with everything in it."""
    facts = {
        "name": "Nguyễn Thị Lan",
        "edition": "vi",
        "attached": ["html", "pdf", "xlsx"],
        "run_id": "a-run",
    }
    return letter(result, lang=lang, **{**facts, **more})


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_the_letter_is_as_agreed(made_up, lang, golden):
    """A change of the file is a change of what leaders read; look at it in the diff."""
    made = written(made_up, lang)

    golden(f"report/letter.{lang}.txt", f"{made.subject}\n\n{made.text}")


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_both_forms_say_the_same(made_up, lang):
    """Every sentence and every figure of the text stands in the HTML, and the other way round."""
    made = written(made_up, lang)
    page = html.unescape(re.sub(r"<[^>]+>", " ", made.html.partition("<body")[2]))

    def words(text):
        unnumbered = re.sub(r"^\d+\. ", "", text, flags=re.MULTILINE)  # HTML counts by itself
        return set(re.findall(r"[\w,.%–]*\w[\w,.%]*", unnumbered))

    assert words(made.text) - words(page) == set()
    assert words(page.partition(">")[2]) - words(made.text) == set()


def test_made_up_figures_are_said_to_be_so_first(made_up):
    """In the subject, before the headline in both forms; real ones are not marked."""
    real = dataclasses.replace(
        made_up,
        summary=made_up.summary.assign(max_status="read"),
        scorecard=made_up.scorecard.assign(max_status="read"),
    )
    warning = labels.text("page.made_up", "vi")

    for result, marked in ((made_up, True), (real, False)):
        made = written(result, "vi")
        assert (warning in made.subject) is marked
        assert (warning in made.text.partition("Năm 2024")[0]) is marked
        assert (warning in made.html.partition("<body")[2].partition("Năm 2024")[0]) is marked


def test_markup_in_peoples_words_stays_text(made_up):
    """A reader's name, a run's name, an area: escaped in HTML, on one line in the text."""
    evil = "<img src=x onerror=alert(1)>\nBcc: x@example.org"
    made = written(made_up, "vi", name=evil, run_id=evil)

    assert "<img" not in made.html
    assert "&lt;img src=x onerror=alert(1)&gt;" in made.html
    assert "\nBcc" not in made.text.partition("Mã lượt chạy")[0]


def test_the_letter_reaches_nowhere_and_brings_its_style(made_up):
    """No address, script, picture or style sheet: mail programs drop or block them."""
    made = written(made_up, "vi")

    assert re.findall(r"<(?:script|link|img|style|iframe|a)\b|https?:|url\(", made.html) == []
    assert "class=" not in made.html


@pytest.mark.parametrize(
    ("lang", "unit", "title"), [("vi", "Sở Nội vụ", "Giám đốc"), ("en", "Home Affairs", "Director")]
)
def test_a_letter_is_written_and_signed_in_the_readers_language(lang, unit, title, made_up):
    """Unit and title close it in that language; a report in another language is said to be so."""
    by = Issuer(unit_vi="Sở Nội vụ", unit_en="Home Affairs", signer_vi="Giám đốc", signer_en="Director")

    made = written(made_up, lang, issuer=by)

    closing = made.text[-400:]
    assert unit in closing
    assert title in closing
    assert f'lang="{lang}"' in made.html
    assert ("The attached report is in Vietnamese." in made.text) is (lang == "en")
