"""Words and forms: every sentence in both languages, numbers and days as readers write them."""

import datetime as dt
import math
import re
import string
import tomllib
import unicodedata
from decimal import Decimal
from importlib import resources

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.base import labels


def test_every_sentence_has_both_languages_with_the_same_fields():
    """A fact that one language tells, the other tells too."""
    differ = {
        key: [sorted(labels.fields(key, lang)) for lang in labels.LANGUAGES]
        for key in labels.catalogue()
        if labels.fields(key, "vi") != labels.fields(key, "en")
    }

    assert differ == {}


def test_every_sentence_is_composed_trimmed_and_not_empty():
    """The catalogue's own text obeys what is asked of data: NFC, no spaces at the ends."""
    wrong = [
        (key, lang)
        for key, entry in labels.catalogue().items()
        for lang, sentence in entry.items()
        if sentence != unicodedata.normalize("NFC", sentence).strip() or not sentence
    ]

    assert wrong == []


def test_no_sentence_formats_its_facts():
    """Facts come formed by the language; a field is a bare name, or two English words to choose from."""
    formed = [
        (key, lang)
        for key, entry in labels.catalogue().items()
        for lang, sentence in entry.items()
        for _, name, form, conversion in string.Formatter().parse(sentence)
        if name is not None
        and (not name.isidentifier() or conversion or (form and (lang == "vi" or form.count("|") != 1)))
    ]

    assert formed == []


def test_one_and_many_have_their_words():
    """By hand: one row, two rows, none; a number as written chooses too, and Vietnamese has one word."""
    facts = {"file": "scores.csv", "id": "a1", "command": "forecast undo a1"}
    told = [labels.text("additions.appended", "en", count=count, **facts) for count in (0, 1, 2, 21)]
    assert [said.partition(" to ")[0] for said in told] == [
        *("0 rows were added", "1 row was added"),
        *("2 rows were added", "21 rows were added"),
    ]
    assert "To take it back" in told[1]
    assert "To take them back" in told[2]
    assert labels.text("evidence.points", "en", points="1") == "1 point"
    assert labels.text("evidence.points", "en", points="1.0") == "1.0 points"
    assert labels.text("count.problems", "vi", count=1) == labels.text(
        "count.problems", "vi", count=2
    ).replace("2", "1")


COUNTED = r"\b1 (?:more |other |new |known |past )?(?:rows|cells|problems|figures|criteria|days|lines)\b"
# The whole that a part is of, "several" and a limit are never one.
NEVER_ONE = {
    *("check.grid.missing", "desk.gaps.alt", "data.grid_alt", "doubt.copy", "foreign.several"),
    *(
        "doubt.before_end",
        "doubt.left_over",
        "doubt.other_period",
        "doubt.other_day",
        "expect.form_range",
        "imports.percents",
        "imports.too_long",
        "covariates.several",
    ),
    *("account.known_both", "account.known_department", "account.known_indicator"),
}


def test_no_count_of_one_stands_before_a_plural():
    """Every English sentence with 1 in all its fields."""
    plural = {
        key
        for key in labels.catalogue()
        if re.search(COUNTED, labels.text(key, "en", **dict.fromkeys(labels.fields(key, "en"), 1)))
    }
    assert plural == NEVER_ONE


def test_an_unknown_key_is_a_programmers_mistake():
    """No reader ever sees a key in place of a sentence."""
    with pytest.raises(KeyError, match=r"no\.such\.key"):
        labels.text("no.such.key", "vi")


def test_a_missing_fact_is_a_programmers_mistake():
    """No reader ever sees a sentence with a hole."""
    with pytest.raises(KeyError, match="count"):
        labels.text("count.problems", "vi")


def test_no_sentence_stands_twice():
    """What is said in several places is written once, and the other places name it."""
    folder = resources.files("forecast.base") / "catalogue"
    keys: dict[tuple[str, ...], list[str]] = {}
    for file in folder.iterdir():
        for key, entry in labels.entries(tomllib.loads(file.read_text(encoding="utf-8"))):
            if "same" not in entry:
                keys.setdefault(tuple(entry[lang] for lang in labels.LANGUAGES), []).append(key)

    assert [several for several in keys.values() if len(several) > 1] == []


@pytest.mark.parametrize("key", ["b", "no.such.key"])
def test_a_sentence_is_the_same_as_one_that_stands_itself(tmp_path, monkeypatch, key):
    """Nobody follows a chain of names, and none leads nowhere."""
    (tmp_path / "catalogue").mkdir()
    entries = f'a.same = "{key}"\nb.same = "c"\nc = {{ vi = "một", en = "one" }}\n'
    (tmp_path / "catalogue" / "a.toml").write_text(entries, encoding="utf-8")
    monkeypatch.setattr(labels.resources, "files", lambda _: tmp_path)

    with pytest.raises(KeyError, match=re.escape(key)):
        labels.catalogue.__wrapped__()


def test_a_key_in_two_files_is_refused(tmp_path, monkeypatch):
    """Nobody's sentence is replaced by another's without notice."""
    folder = tmp_path / "catalogue"
    folder.mkdir()
    for name in ("a.toml", "b.toml"):
        (folder / name).write_text('[same.key]\nvi = "một"\nen = "one"\n', encoding="utf-8")
    monkeypatch.setattr(labels.resources, "files", lambda _: tmp_path)

    with pytest.raises(KeyError, match=r"b\.toml.*same\.key"):
        labels.catalogue.__wrapped__()  # what is read once for all stays as it is


def test_an_entry_with_one_language_is_refused():
    """Half a translation is none."""
    with pytest.raises(KeyError, match=r"word\.x"):
        list(labels.entries({"word": {"x": {"vi": "chữ"}}}))


@pytest.mark.parametrize(
    ("value", "decimals", "vi", "en"),
    [
        (86.97, 2, "86,97", "86.97"),
        (1234567.8, 1, "1.234.567,8", "1,234,567.8"),
        (999.5, 0, "1.000", "1,000"),
        (86.25, 1, "86,3", "86.3"),
        (86.35, 1, "86,4", "86.4"),
        (0.125, 2, "0,13", "0.13"),
        (-0.125, 2, "\N{MINUS SIGN}0,13", "\N{MINUS SIGN}0.13"),
        (-6.78, 1, "\N{MINUS SIGN}6,8", "\N{MINUS SIGN}6.8"),
        (-0.04, 1, "0,0", "0.0"),
        (-0.0, 2, "0,00", "0.00"),
        (0, 0, "0", "0"),
        (1e-12, 2, "0,00", "0.00"),
        (math.nan, 1, "–", "–"),
        (None, 1, "–", "–"),
    ],
)
def test_numbers_by_hand(value, decimals, vi, en):
    """Comma and point as each language has them; halves go away from zero; no minus before zero."""
    assert labels.number(value, decimals, "vi") == vi
    assert labels.number(value, decimals, "en") == en


@pytest.mark.parametrize(
    ("share", "decimals", "vi", "en"),
    [(0.805, 0, "81%", "81%"), (0.07, 1, "7,0%", "7.0%"), (1, 0, "100%", "100%"), (None, 0, "–", "–")],
)
def test_percentages_by_hand(share, decimals, vi, en):
    """A share of 0.805 is 80.5 percent exactly, and rounds up."""
    assert labels.percent(share, decimals, "vi") == vi
    assert labels.percent(share, decimals, "en") == en


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1.25, "+1,3"), (-0.35, "\N{MINUS SIGN}0,4"), (0.04, "0,0"), (-0.04, "0,0"), (math.nan, "–")],
)
def test_changes_carry_a_sign_unless_they_round_to_nothing(value, expected):
    """A reader never sees +0,0 or −0,0."""
    assert labels.signed(value, 1, "vi") == expected


@pytest.mark.parametrize(
    ("value", "vi"), [(87.5, "87,5"), (100.0, "100"), (16.25, "16,25"), (1500.0, "1.500")]
)
def test_plain_numbers_have_the_decimals_they_have(value, vi):
    """A maximum of 16.25 loses nothing and one of 100 gains nothing."""
    assert labels.plain(value, "vi") == vi


def test_an_infinite_number_is_not_written():
    """Infinity in a report is a mistake upstream, not a dash."""
    with pytest.raises(ValueError, match="infinite"):
        labels.number(math.inf, 1, "vi")


@given(st.floats(-1e9, 1e9), st.integers(0, 4))
def test_a_written_number_reads_back_as_the_rounded_one(value, decimals):
    """Oracle: undo the form and compare with exact decimal arithmetic."""
    written = labels.number(value, decimals, "vi")

    back = Decimal(written.replace(".", "").replace(",", ".").replace("\N{MINUS SIGN}", "-"))

    assert abs(back - Decimal(repr(value))) <= Decimal(5).scaleb(-decimals - 1)
    assert len(written.partition(",")[2]) == decimals


@given(st.floats(-1e6, 1e6), st.integers(0, 3))
def test_the_two_languages_differ_in_marks_alone(value, decimals):
    """Swapping points and commas turns one form into the other."""
    vi, en = (labels.number(value, decimals, lang) for lang in labels.LANGUAGES)

    assert vi.translate(str.maketrans(".,", ",.")) == en


@pytest.mark.parametrize(
    ("day", "short_vi", "short_en", "long_vi", "long_en"),
    [
        (dt.date(2024, 7, 5), "05/07/2024", "5 Jul 2024", "ngày 05 tháng 7 năm 2024", "5 July 2024"),
        (dt.date(2024, 2, 9), "09/02/2024", "9 Feb 2024", "ngày 09 tháng 02 năm 2024", "9 February 2024"),
        (dt.date(2024, 1, 31), "31/01/2024", "31 Jan 2024", "ngày 31 tháng 01 năm 2024", "31 January 2024"),
        (dt.date(2024, 3, 10), "10/03/2024", "10 Mar 2024", "ngày 10 tháng 3 năm 2024", "10 March 2024"),
        (dt.date(2024, 12, 1), "01/12/2024", "1 Dec 2024", "ngày 01 tháng 12 năm 2024", "1 December 2024"),
    ],
)
def test_days_by_hand(day, short_vi, short_en, long_vi, long_en):
    """In words, a zero stands before days under 10 and before January and February only."""
    assert labels.day(day, "vi") == short_vi
    assert labels.day(day, "en") == short_en
    assert labels.long_day(day, "vi") == long_vi
    assert labels.long_day(day, "en") == long_en


def test_a_missing_day_is_a_dash():
    """A NaT of pandas is a day to a type checker; a reader sees the dash."""
    assert labels.day(None, "vi") == labels.day(pd.NaT, "vi") == "–"


def test_facts_take_the_form_of_the_language():
    """Days, fractions and phrases inside a sentence are written in its language; years are not split."""
    facts = {"index_code": "PAR", "target_year": 2023}
    sentence = labels.text(
        "spec.already_published",
        "vi",
        announced_on=dt.date(2024, 4, 17),
        as_of=dt.date(2024, 10, 20),
        **facts,
    )

    assert "2023" in sentence
    assert "17/04/2024" in sentence
    assert labels.text("expect.at_most", "vi", high=13.5).endswith("13,5")
    assert "dấu chấm phẩy" in labels.text("expect.commas", "vi", found=labels.Phrase("delimiter.semicolon"))
    assert "D1, D2" in labels.text("expect.choice", "en", allowed=("D1", "D2"))


@pytest.mark.parametrize("odd", ["\x1b[31m", "\x9b", "\u202e", "\ufffd"])
def test_no_fact_steers_the_terminal(odd):
    """Facts come from files and command lines of anybody; lines stay lines."""
    told = labels.text("cli.extra_words", "en", found=[f"a{odd}b\nc"], command="x")

    assert odd not in told
    assert ascii(odd)[1:-1] in told
    assert "b\nc" in told
