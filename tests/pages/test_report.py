"""What a reader gets to read: golden texts in both languages, and laws of the wording."""

import dataclasses
import json
import re
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from forecast.base import labels
from forecast.model import latent
from forecast.pages import plot, reading, report
from forecast.pages.reading import period
from forecast.pages.report.front import comparison
from forecast.pages.tables import data as sources
from forecast.runs.report_notebooks import KINDS

LANGUAGES = ("vi", "en")
ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "report"
NOTEBOOKS = sorted(ROOT / "notebooks" / f"{kind.stem}.ipynb" for kind in KINDS)
RUN = {
    "run_id": "2024-10-20_par_made-up_2024_0badcafe",
    "inputs": {"data": {"areas.csv": "fedcba98" * 8, "scores.csv": "01234567" * 8}},
    "checks": [{"name": "forecast is finite", "good": True}] * 5,
    "volatile": {"commit": "feedc0de" * 5, "dirty": False},
}
TEXTS = {
    "cover": lambda result, lang: report.cover(result, "meeting", lang=lang),
    "headline": lambda result, lang: report.headline(result, lang=lang),
    "caveats": lambda result, lang: report.caveats(result, lang=lang),
    "domain_table": lambda result, lang: report.domain_table(result, lang=lang),
    "domain_passage": lambda result, lang: report.domain_passage(result, "D2", lang=lang),
    "level_table": lambda result, lang: report.level_table(result, "D2", lang=lang),
    "target_table": lambda result, lang: report.target_table(result, lang=lang),
    "cards": lambda result, lang: report.cards(result, lang=lang),
    "decisions": lambda result, lang: report.decisions(result, lang=lang),
    "ladder_table": lambda result, lang: report.ladder_table(result, lang=lang),
    "path_table": lambda result, lang: report.path_table(result, lang=lang),
    "track_passage": lambda result, lang: report.track_passage(result, lang=lang),
    "method": lambda _, lang: report.method(lang=lang),
    "word_table": lambda _, lang: report.word_table(lang=lang),
    "source_table": lambda result, lang: report.source_table(result, lang=lang),
    "sipas": lambda result, lang: report.sipas(result, lang=lang),
    "left_out": lambda result, lang: report.left_out(result, lang=lang),
    "count_table": lambda result, lang: report.count_table(result, lang=lang),
    "conflict_table": lambda result, lang: report.conflict_table(result, lang=lang),
    "evidence_table": lambda result, lang: report.evidence_table(result, lang=lang),
    "evidence_of_domain": lambda result, lang: report.evidence_table(result, "D3", lang=lang),
    "assumed_table": lambda result, lang: report.assumed_table(result, lang=lang),
    "model_table": lambda result, lang: report.model_table(result, lang=lang),
    "variance_table": lambda result, lang: report.variance_table(result, lang=lang),
    "current_table": lambda result, lang: report.current_table(result, lang=lang),
    "quality_table": lambda result, lang: report.quality_table(result, lang=lang),
    "changes_table": lambda result, lang: report.changes_table(result, lang=lang),
    "changed_rows_table": lambda result, lang: report.changed_rows_table(result, lang=lang),
    "phrase_table": lambda _, lang: report.phrase_table(lang=lang),
    "lost_table": lambda result, lang: report.lost_table(result, lang=lang),
    "scorecard_table": lambda result, lang: report.scorecard_table(result, lang=lang),
    "scorecard_of_domain": lambda result, lang: report.scorecard_table(result, "D3", lang=lang),
    "gamble_list": lambda result, lang: report.gamble_list(result, lang=lang),
    "projection_table": lambda result, lang: report.projection_table(result, lang=lang),
    "lever_table": lambda result, lang: report.lever_table(result, lang=lang),
    "risk_table": lambda result, lang: report.risk_table(result, lang=lang),
    "scenario_table": lambda result, lang: report.scenario_table(result, lang=lang),
    "department_table": lambda result, lang: report.department_table(result, lang=lang),
    "department_domain_table": lambda result, lang: report.department_domain_table(result, lang=lang),
    "department_reasons": lambda result, lang: report.department_reasons(result, lang=lang),
    "status_table": lambda result, lang: report.status_table(result, lang=lang),
    "remedy_table": lambda result, lang: report.remedy_table(result, lang=lang),
    "remedies_overdue": lambda result, lang: report.remedy_table(result, only_overdue=True, lang=lang),
    "plan_table": lambda result, lang: report.plan_table(result, lang=lang),
    "figure_lost": lambda result, lang: plot.lost(result, lang=lang),
    "figure_lost_criteria": lambda result, lang: plot.lost(result, "criterion", lang=lang),
    "figure_scenarios": lambda result, lang: plot.scenarios(result, lang=lang),
    "figure_domains": lambda result, lang: plot.domains(result, lang=lang),
    "figure_history": lambda result, lang: plot.history(result, lang=lang),
    "figure_known": lambda result, lang: plot.known(result, lang=lang),
    "figure_rank": lambda result, lang: plot.rank(result, lang=lang),
    "figure_track": lambda result, lang: plot.track(result, lang=lang),
    "figure_coverage": lambda result, lang: plot.coverage(result, lang=lang),
    "figure_current": lambda result, lang: plot.current(result, lang=lang),
    "figure_skill": lambda result, lang: plot.skill(result, lang=lang),
}


def changed(result, **tables):
    """The result with some of its tables replaced."""
    return dataclasses.replace(result, **tables)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", TEXTS)
def test_the_words_are_as_agreed(name, lang, made_up, golden):
    """A change of the file is a change of what leaders read; look at it in the diff."""
    golden(f"report/{name}.{lang}.txt", f"{TEXTS[name](made_up, lang)}\n")


@pytest.mark.parametrize("name", TEXTS)
def test_vietnamese_numbers_have_a_comma(name, without_codes):
    """No decimal point is left in a Vietnamese text; a point stands before three digits, or in a name."""
    agreed = (GOLDEN / f"{name}.vi.txt").read_text(encoding="utf-8")
    text = re.sub(r"D8\.\w+|\w+\.csv", "", without_codes(agreed))

    assert re.findall(r"\d\.(?!\d{3}(?!\d))\d+", text) == []


@given(probability=st.floats(0, 1))
@example(0.0)
@example(0.0099999)
@example(0.01)
@example(0.095)
@example(0.0949)
@example(0.985)
@example(0.99)
@example(1.0)
def test_a_phrase_never_stands_alone_and_fits_its_percentage(probability):
    """The percentage stands right behind the phrase, inside the band that the printed table gives it."""
    bands = {line.cells[0].text: line.cells[1].text for line in report.phrase_table(lang="en").rows}

    said = re.fullmatch(
        r"(.+)\N{NO-BREAK SPACE}\((below |above )?(\d+)%\)", reading.phrase(probability, "en")
    )

    ends = [int(end) for end in re.findall(r"\d+", bands[said[1]])]
    low, high = (0, ends[0]) if bands[said[1]].startswith("below") else (ends[0], (*ends, 101)[1])
    shown = int(said[3]) + {"below ": -1, "above ": 1}.get(said[2], 0)
    assert low <= shown < high
    assert abs(shown - 100 * probability) <= 1


def test_the_phrase_table_leaves_no_gap():
    """The bands of the phrases follow each other from 0 to 100 percent."""
    ends = [
        [int(end) for end in re.findall(r"\d+", line.cells[1].text)]
        for line in report.phrase_table(lang="en").rows
    ]

    assert [band[0] for band in ends[:-1]] == [band[-1] for band in ends[1:]]


def test_a_missing_probability_has_no_phrase():
    """Nothing is said of a chance that is not known."""
    with pytest.raises(ValueError, match="missing probability"):
        reading.phrase(float("nan"), "vi")


@given(change=st.floats(-20, 20))
def test_a_change_is_said_in_the_direction_of_its_sign(change):
    """Above, below or level: as the number says after rounding to what is shown."""
    said = comparison(change, "en")

    shown = round(abs(change) + 1e-12, 1)
    expected = "about level" if shown < 0.1 and abs(change) < 0.05 else "above" if change > 0 else "below"
    assert expected in said


def test_every_figure_of_the_summary_is_in_the_table(made_up):
    """Median, range, last year and maximum of each domain stand in its row."""
    text = str(report.domain_table(made_up, lang="en"))

    for _, record in reading.domains(made_up).iterrows():
        line = next(each for each in text.splitlines() if each.startswith(str(record["component"])))
        for name in ("median", "lower", "upper"):
            assert f"{record[name]:.1f}" in line
        assert f"{record['max_score']:g}" in line


def test_estimates_and_assumed_maxima_are_marked(made_up):
    """A last year that was not published, and a maximum that was not read, say so in their cells."""
    rows = {line.cells[0].text[:2]: line.cells for line in report.domain_table(made_up, lang="en").rows}

    assert [name for name, cells in rows.items() if "estimated" in cells[1].mark] == [
        "D1",
        "D2",
        "D5",
        "D6",
        "D7",
        "D8",
    ]
    assert [name for name, cells in rows.items() if cells[6].mark == "assumed"] == ["D2", "D6", "D7"]


def test_published_scores_have_two_decimals_and_forecasts_one(made_up):
    """Precision follows what is known: as published, or as far as a forecast reaches."""
    cells = report.domain_table(made_up, lang="en").rows[3].cells

    assert (cells[1].text, cells[2].text) == ("11.07", "11.5")


def test_without_any_published_domain_the_caveat_says_so(made_up):
    """The sentence does not list domains where there is none to list."""
    nothing = changed(made_up, summary=made_up.summary.assign(last_known=False))

    first = report.caveats(nothing, lang="en").lines[0]

    assert first.startswith("No domain has a published 2023 score")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_absent_parts_say_that_they_are_absent(made_up, lang):
    """Empty tables become a sentence, not an empty table and not an error."""
    bare = changed(
        made_up,
        targets=made_up.targets.head(0),
        set_aside=made_up.set_aside.head(0),
        current=made_up.current.head(0),
        backtest=made_up.backtest.head(0),
        availability=made_up.availability.head(1),
        summary=made_up.summary.assign(max_status="read"),
        evidence=made_up.evidence.head(0),
        variances=made_up.variances.head(0),
        forecast=made_up.forecast.loc[made_up.forecast["index_code"] == "PAR"],
    )

    for show in (
        report.target_table,
        report.conflict_table,
        report.current_table,
        report.model_table,
        report.assumed_table,
        report.sipas,
        report.evidence_table,
        plot.track,
        plot.coverage,
        plot.skill,
    ):
        text = str(show(bare, lang=lang))
        assert text
        assert "nan" not in text.lower().split()
    for show in (
        report.headline,
        report.caveats,
        report.domain_table,
        plot.domains,
        plot.history,
        plot.known,
    ):
        assert "nan" not in str(show(bare, lang=lang)).lower().split()


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_index_in_percent_without_domains_has_its_words_too(lang, made_up):
    """SIPAS is told in percent, its changes in percentage points, its years in place of domains."""
    survey = changed(
        made_up,
        spec=dataclasses.replace(made_up.spec, index_code="SIPAS"),
        summary=made_up.summary.head(1).assign(
            median=83.0, lower=80.7, upper=85.3, last_median=82.1, change=0.9, p_fall=0.2
        ),
        forecast=made_up.forecast.loc[made_up.forecast["index_code"] == "SIPAS"],
    )

    for show in TEXTS.values():
        if show not in (TEXTS["domain_passage"], TEXTS["level_table"]):
            assert "nan" not in str(show(survey, lang)).lower().split()
    first = str(report.headline(survey, lang=lang))
    assert re.search(r"83[.,]0%.*0[.,]9 (điểm phần trăm|percentage points)", first)
    assert (
        " ".join(report.caveats(survey, lang=lang).lines).count(
            "questionnaire" if lang == "en" else "phiếu hỏi"
        )
        == 1
    )
    assert str(plot.domains(survey, lang=lang)) == str(plot.history(survey, lang=lang))


def test_reasons_from_people_and_models_are_read_in_every_form():
    """A phrase, JSON of one or of several, a key, plain text and nothing are all understood."""
    assert reading.sentence(labels.Phrase("basis.none"), "en") == labels.text("basis.none", "en")
    assert reading.sentence('{"key": "basis.total", "facts": {"count": 6}}', "en") == "the total of 6 years"
    assert (
        reading.sentence(
            '[{"key": "basis.none"}, {"key": "basis.total", "facts": {"count": 6}}]', "en"
        ).count(";")
        == 1
    )
    assert reading.sentence("basis.none", "en") == labels.text("basis.none", "en")
    both = {"vi": "Hồ sơ đúng hạn", "en": "Dossiers on time"}
    figure = {"name": both, "unit": "hồ sơ", "period": "2024", "value": 9, "projected": 12}
    told = json.dumps({"key": "scorecard.basis_indicator", "facts": figure})
    assert "Dossiers on time: 9 dossiers" in reading.sentence(told, "en")
    assert "Hồ sơ đúng hạn: 9 hồ sơ" in reading.sentence(told, "vi")
    assert reading.sentence("như đã nói", "en") == "như đã nói"
    assert reading.sentence(float("nan"), "en") == ""


def test_an_unknown_name_stays_as_it_is():
    """Components, areas and models that the catalogue does not know are shown by their own name."""
    assert reading.short_name("X7", "vi") == "X7"
    assert reading.place_name("Cần Thơ", "en") == "Cần Thơ"
    assert reading.department("", "vi") == labels.MISSING


def test_an_unknown_component_is_refused_with_those_that_exist(made_up):
    """The error lists what there is."""
    with pytest.raises(KeyError, match=r"D9.*D1"):
        reading.line(made_up, "D9")


def test_ranks_are_read_off_the_distribution_by_hand(made_up):
    """Half of the probability lies at rank 2 or better: the middle rank is 2."""
    rank = pd.DataFrame({"rank": [1, 2, 3, 4], "probability": [0.2, 0.3, 0.4, 0.1]})
    result = changed(made_up, rank=rank)

    assert [reading.rank_at(result, share) for share in (0.1, 0.5, 0.9)] == [1, 2, 3]
    assert reading.chance_of_top(result, 3) == pytest.approx(0.9)


def past(made_up, rows):
    """The made-up result with a backtest of few rows: model, year, level, value, observed."""
    columns = ["model", "target_year", "output_type_id", "value", "observed"]
    table = pd.DataFrame(rows, columns=columns).assign(
        index_code="PAR", area=made_up.spec.area, component="total"
    )
    return changed(made_up, backtest=table)


def test_coverage_is_counted_by_hand(made_up):
    """Two outcomes inside the range and one outside: two thirds."""
    rows = [
        ("evidence", year, level, value, observed)
        for year, observed in ((2021, 80.0), (2022, 85.0), (2023, 91.0))
        for level, value in (("0.1", 79.0), ("0.5", 84.0), ("0.9", 90.0))
    ]

    table = reading.coverage(past(made_up, rows))

    assert table["level"].tolist() == [80]
    assert table["share"].iloc[0] == pytest.approx(2 / 3)
    assert table["cells"].iloc[0] == 3


def test_skill_is_one_minus_the_ratio_of_errors_by_hand(made_up):
    """With a median alone, CRPS is the absolute error: 1 against 4 points is a skill of 0.75."""
    rows = [("evidence", 2023, "0.5", 86.0, 87.0), ("last_value", 2023, "0.5", 83.0, 87.0)]

    table = reading.skill_by_year(past(made_up, rows))

    assert table.loc[0, ["target_year", "cells"]].tolist() == [2023, 1]
    assert table["skill"].iloc[0] == pytest.approx(0.75)


def test_only_years_that_both_models_forecast_are_compared(made_up):
    """A year that the baseline cannot forecast says nothing of skill."""
    rows = [("evidence", year, "0.5", 86.0, 87.0) for year in (2022, 2023)]
    rows.append(("last_value", 2023, "0.5", 83.0, 87.0))

    assert reading.skill_by_year(past(made_up, rows))["target_year"].tolist() == [2023]


def test_known_cells_tell_scores_from_ranks(made_up):
    """A score, a derived score, a rank alone and nothing are four different things."""
    grid = reading.known_cells(made_up)

    assert grid.loc["total", 2012] == "score"
    assert grid.loc["D3", 2022] == "derived"
    assert grid.loc["D2", 2023] == "rank"
    assert grid.loc["D1", 2023] == "none"


# Families of names whose members come from data.
NAMES = {
    "phrases",
    "component",
    "place",
    "short_index",
    "unit",
    "indicator_unit",
    "chance",
    "count",
    "grid",
    "mark",
    "variance_name",
    "target",
    "lost",
    "runs",
    "status_table",
    "changed_rows",
    "changed_column",
    "changed_word",
    "account",
    "near",
    "term",
    "meaning",
    "method",
}


@pytest.mark.slow
def test_every_string_is_used():
    """Each key of the reports' catalogue is named in code or notebooks, whole or by its two parts."""
    package = ROOT / "src" / "forecast"
    own = [
        entry
        for name in ("report", "scorecard", "changes", "front")
        for entry in labels.entries(
            tomllib.loads((package / "base" / "catalogue" / f"{name}.toml").read_text(encoding="utf-8"))
        )
    ]
    files = [*package.rglob("*.py"), *NOTEBOOKS]
    code = "\n".join(path.read_text(encoding="utf-8").replace('\\"', '"') for path in files)

    unused = []
    for key, _ in own:
        family, _, name = key.partition(".")
        by_parts = (f'f"{family}.' in code or f'"{family}"' in code) and f'"{name}"' in code
        if f'"{key}"' not in code and not by_parts and family not in NAMES:
            unused.append(key)

    assert unused == []


@pytest.mark.parametrize("name", latent.SCALARS)
def test_every_variance_of_the_model_has_words(name, made_up):
    """The table never shows the name that the code has for one."""
    rows = pd.DataFrame([(name, 0.5, "")], columns=["name", "value", "source"])
    for lang in labels.LANGUAGES:
        table = report.variance_table(dataclasses.replace(made_up, variances=rows), lang=lang)
        assert table.rows[0].cells[0].text not in ("", name)


def test_numbers_of_numpy_are_written_too(made_up):
    """Quantiles come as numpy numbers; the words take them as they are."""
    assert reading.points(np.float64(81.25), "vi") == "81,3"
    assert reading.span(np.float64(1), np.float64("nan"), "vi") == labels.MISSING


@pytest.mark.parametrize(
    ("code", "vi", "en"),
    [
        ("2024-01..2024-09", "tháng 1–9/2024", "months 1–9 of 2024"),
        ("2024-10", "tháng 10/2024", "month 10 of 2024"),
        ("2024-Q3", "quý 3/2024", "quarter 3 of 2024"),
        ("2024", "năm 2024", "2024"),
        ("đầu năm", "đầu năm", "đầu năm"),
    ],
)
def test_a_period_is_written_as_people_say_it(code, vi, en):
    """Months, a month, a quarter, a year; anything else stays as it is."""
    assert (period(code, "vi"), period(code, "en")) == (vi, en)


def test_a_period_in_a_reason_is_written_as_people_say_it():
    """What a criterion rests on names months, not the code of the table."""
    facts = {"name": "hồ sơ", "value": 96.1, "unit": "%", "projected": 97.2, "period": "2024-01..2024-09"}
    reason = json.dumps({"key": "scorecard.basis_indicator", "facts": facts})

    assert reading.sentence(reason, "vi") == "chỉ tiêu hồ sơ: 96,1 % (tháng 1–9/2024), dự kiến cả năm 97,2 %"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_of_many_figures_the_nearest_are_listed_and_the_rest_counted(lang, made_up, monkeypatch):
    """The area's own figures stay, others' of the latest year too; what is left out is counted."""
    own = made_up.evidence[made_up.evidence["component"] == "D3"].head(1)
    others = [
        own.assign(area=f"Tỉnh {k}", year=year, statistic="value") for year in (2015, 2021) for k in range(3)
    ]
    home = own.assign(area=made_up.spec.area, year=2012, statistic="value")
    many = changed(made_up, evidence=pd.concat([*others, home], ignore_index=True))
    monkeypatch.setattr(sources, "MOST_LISTED", 4)

    table = report.evidence_table(many, "D3", lang=lang)

    names = [str(each.cells[0].text) for each in table.rows]
    assert len(names) == 4
    assert sum("2021" in name for name in names) == 3
    assert sum("2012" in name for name in names) == 1
    assert not any("2015" in name for name in names)
    assert " 3 " in table.notes[0]
    monkeypatch.setattr(sources, "MOST_LISTED", 7)
    assert not report.evidence_table(many, "D3", lang=lang).notes
