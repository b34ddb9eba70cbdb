"""The page of a verification and the lines of the next report.  EVERY FIGURE IS MADE UP."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from forecast.answer.judgement import Judgement
from forecast.answer.ledger import COLUMNS, last_verified
from forecast.answer.lessons import judge
from forecast.pages import plot, report
from forecast.runs.html_check import problems

AREA = "TP. Hồ Chí Minh"
QUESTION = f"PAR | {AREA} | 2023"
OUT = pd.Timestamp(2024, 4, 17)


def line(component: str, median: float, observed: float, half: float, **more: object) -> dict[str, object]:
    """One line of the ledger: `half` is half of the range of 80 percent; that of 95 is half as wide again."""
    inside = abs(median - observed)
    facts: dict[str, object] = dict.fromkeys(COLUMNS, float("nan"))
    facts |= {
        "run_id": "b",
        "model": "evidence",
        "index_code": "PAR",
        "area": AREA,
        "target": "",
        "source_url": "x",
    }
    facts |= {"component": component, "target_year": 2023, "observed": observed, "published_on": OUT}
    facts |= {
        "question": QUESTION,
        "as_of": pd.Timestamp(2023, 10, 20),
        "made_on": pd.Timestamp(2023, 10, 21),
    }
    facts |= {"new_method": False, "before": True, "shown": True, "department": "", "verified_on": OUT}
    facts |= {"median": median, "lower": median - half, "upper": median + half, "crps": 0.4, "wis": 0.35}
    facts |= {"lower95": median - 1.5 * half, "upper95": median + 1.5 * half, "dispersion": 0.2, "under": 0.1}
    facts |= {"over": 0.05, "inside50": float(inside <= half / 2), "inside80": float(inside <= half)}
    return facts | {"inside95": float(inside <= 1.5 * half), "base_crps": 0.8, "repeated": median - 1} | more


@pytest.fixture
def ledger() -> pd.DataFrame:
    """Two reports, a form, a target, and a total of another province."""
    june = {"run_id": "a", "as_of": pd.Timestamp(2023, 6, 30), "made_on": pd.Timestamp(2023, 6, 30)}
    form = {"run_id": "form", "model": "department_so-tu-phap", "department": "Sở Tư pháp", "shown": False}
    aim = {
        "target": "rank<=15",
        "probability": 0.25,
        "happened": 0.0,
        "brier": 0.0625,
    }
    rows = [
        line("total", 84.25, 86.5, 3.0, **june),
        line("total", 85.25, 86.5, 3.0),
        line("rank", 30.0, 41.0, 10.0),
        line("D3", 11.5, 11.0, 0.25),
        line("total", 88.0, 87.0, 2.0, area="Hà Nội", shown=False),
        line("total", 83.0, 86.5, 3.0, model="last_value", shown=False),
        line("D2", 9.5, 8.5, 0.5, question=f"{QUESTION} | Sở Tư pháp", **form),
        line("target", 0.0, 41.0, 1.0, **aim),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


@pytest.fixture
def found(ledger: pd.DataFrame) -> Judgement:
    """What is learnt from it."""
    judgement = judge(ledger, "PAR", AREA, 2023)
    assert judgement is not None
    return judgement


def page(found: Judgement, lang: str) -> str:
    """The page in a language."""
    return report.verification_page(found, plot.verified(found, lang=lang), "other.html", lang=lang)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "vi",
            [
                "dự báo 85,3 điểm",
                "86,50",
                "trong khoảng 80%",
                "ngoài khoảng 95%",
                "2/2",
                "Sở Tư pháp",
                "0,06",
            ],
        ),
        (
            "en",
            ["forecast 85.3 points", "86.50", "inside the 80% range", "outside the 95% range", "2/2", "0.06"],
        ),
    ],
)
def test_the_page_says_what_was_said_and_came(found: Judgement, lang: str, said: list[str]):
    """Total, rank, a domain off its range, both revisions, the form, the target; fit to publish."""
    html = page(found, lang).replace("\N{NO-BREAK SPACE}", " ")
    assert [words for words in said if words not in html] == []
    assert problems(page(found, lang), lang=lang) == []
    assert 'href="other.html"' in html
    assert "nan" not in html.lower().replace("dominant", "")


def test_a_test_in_hindsight_and_a_year_of_a_new_method_are_said_to_be_so(ledger: pd.DataFrame):
    """Neither is taken for a forecast given in advance or a reason to change models."""
    made = judge(ledger.assign(before=False, new_method=True), "PAR", AREA, 2023)
    assert made is not None
    text = page(made, "en")
    assert "a test in hindsight" in text
    assert "no ground for changing models" in text
    plain = page(
        dataclasses.replace(made, new_method=False, last_report=made.last_report.assign(before=True)), "en"
    )
    assert "a test in hindsight" not in plain


@pytest.mark.parametrize(
    ("lang", "none", "said"),
    [
        (
            "vi",
            "Chưa có lần kiểm chứng nào",
            "kết quả công bố ngày 17/04/2024 là 86,50 điểm: trong khoảng 80%",
        ),
        (
            "en",
            "Nothing has been verified yet",
            "published on 17 Apr 2024 is 86.50 points: inside the 80% range",
        ),
    ],
)
def test_the_next_report_tells_of_the_last_verification(
    made_up, ledger: pd.DataFrame, lang: str, none: str, said: str
):
    """A few lines below a heading; without a verification how to make one."""
    assert none in str(report.last_verification(made_up, lang=lang))
    own = ledger[ledger["shown"] & (ledger["component"] != "target")]
    told = dataclasses.replace(made_up, last_verified=last_verified(own, made_up.spec))
    text = str(report.last_verification(told, lang=lang)).replace("\N{NO-BREAK SPACE}", " ")
    assert said in text
    assert {"vi": "đầu danh sách báo cáo", "en": "top of the list of reports"}[lang] in text
