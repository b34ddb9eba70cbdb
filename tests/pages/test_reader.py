"""Ten questions a leader asks, and the place on the meeting's page where the answer stands.

Each question has the anchor of a heading, words that lead to the answer, and the answer's own figure,
taken from the made-up result by another way than the page takes it.
"""

import functools
import re

import pytest
from bs4 import BeautifulSoup

from forecast.base import labels

LANGUAGES = ("vi", "en")
FRONT = ""  # page one, before the first heading of a section


def number(value, decimals, lang):
    """A figure as the language writes it."""
    return labels.number(value, decimals, lang)


def chance_of_15(result, lang):
    """The share of the rank's probability at 15 or better."""
    share = sum(
        p for place, p in zip(result.rank["rank"], result.rank["probability"], strict=True) if place <= 15
    )
    return [f"{100 * share:.0f}%"]


def total(result, lang):
    """Median and 80 percent range of the total."""
    levels = result.forecast.query("component == 'total' and index_code == 'PAR'").set_index("output_type_id")
    return [number(levels.loc[level, "value"], 1, lang) for level in ("0.5", "0.1", "0.9")]


def last_year(result, lang):
    """Last year's total, and how likely a fall is."""
    line = result.summary.iloc[0]
    return [number(line["last_median"], 2, lang), f"{100 * line['p_fall']:.0f}%"]


def first_decision(result, lang):
    """What brings most: who leads, until when, and the rank with it."""
    best = result.decisions.iloc[0]
    who = {"vi": "Văn phòng UBND Thành phố", "en": "Office of the City People's Committee"}[lang]
    return [who, labels.day(best["deadline"], lang), f"{best['rank_after']:.0f}"]


def unsent(result, lang):
    """The departments that have sent nothing."""
    names = {
        "vi": ["Sở Kế hoạch và Đầu tư", "Sở Thông tin và Truyền thông", "CHƯA GỬI"],
        "en": [
            "Department of Planning and Investment",
            "Department of Information and Communications",
            "NOT SENT",
        ],
    }
    assert result.status.query("state == 'missing'")["department"].tolist() == names["vi"][:2]
    return names[lang]


def disbursed(result, lang):
    """The scenario of disbursement: its total and the difference it makes."""
    world = result.scenarios.set_index("scenario").loc["disbursed"]
    return ["95%", number(world["median"], 1, lang), f"+{number(world['difference'], 2, lang)}"]


def record(result, lang):
    """How many of how many results lay inside the 80 percent range given beforehand."""
    own = result.backtest.query("model == 'evidence' and area == @result.spec.area")
    wide = own.pivot_table(
        index=["target_year", "observed"], columns="output_type_id", values="value"
    ).reset_index()
    inside = wide["observed"].between(wide["0.1"], wide["0.9"]).sum()
    return [{"vi": f"{len(wide)} năm", "en": f"{len(wide)} years"}[lang], f" {inside} "]


def not_in_ranges(result, lang):
    """The criteria may change."""
    return {"vi": ["Bộ tiêu chí năm 2024", "phiếu hỏi"], "en": ["criteria of 2024", "questionnaire"]}[lang]


def peer(result, lang):
    """A peer's chance to end above the city, and a domain in which it is clearly better."""
    own = result.peers.set_index("component")
    return [
        own["area"].iloc[0],
        f"{100 * own.loc['total', 'p_ahead']:.0f}%",
        labels.text("component.D2", lang),
    ]


QUESTIONS = {
    "are we likely to be in the top 15?": (FRONT, chance_of_15),
    "what will we score, and how sure is that?": (FRONT, total),
    "better or worse than last year?": (FRONT, last_year),
    "what is to be decided, by whom, until when?": ("decisions", first_decision),
    "how far are we from the others?": ("ladder", peer),
    "who has not sent a forecast?": ("departments-scenarios", unsent),
    "what if disbursement reaches 95 percent?": ("departments-scenarios", disbursed),
    "how often were we right?": ("trust", record),
    "what is not in the ranges?": ("trust", not_in_ranges),
}


@functools.cache
def parsed(html):
    """The contents of a page, and its main part without pictures and closed parts."""
    page = BeautifulSoup(html, "html.parser")
    for hidden in page.main.select("svg, details:not(.annex)"):
        hidden.decompose()
    return page.nav, page.main


def under(html, anchor):
    """The text from a heading to the next of its level or above, without pictures and closed parts."""
    _, main = parsed(html)
    if annex := main.find("details", id=anchor or "none"):
        return annex.get_text(" ", strip=True).replace("\N{NO-BREAK SPACE}", " ")
    headings = main.find_all(re.compile("^h[23]$"))
    start = next((h for h in headings if h.get("id") == anchor), None) if anchor else main.find("p")
    assert start is not None, f"no heading {anchor!r}"
    parts = []
    for element in start.find_all_next(["h2", "h3", "p", "li", "th", "td", "caption"]):
        if element.name in ("h2", "h3") and (not anchor or element.name <= start.name):
            break
        parts.append(element.get_text(" ", strip=True))
    first = "" if anchor else start.get_text(" ", strip=True)
    return " ".join([first, *parts]).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answer_stands_where_a_leader_looks(question, lang, made_up, pages):
    """Under its heading, in both languages, in words outside pictures, with the figure of the result."""
    anchor, answer = QUESTIONS[question]

    text = under(pages["meeting", lang], anchor)

    assert [part for part in answer(made_up, lang) if part not in f" {text} "] == []
