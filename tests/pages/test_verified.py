"""The record in tables: coverage by period, the years' common errors, ranks and domains, counted by hand."""

import dataclasses

import pandas as pd
import pytest

from forecast.answer.result import VERIFICATION_COLUMNS
from forecast.pages import reading, report

changed = dataclasses.replace
AREA = "TP. Hồ Chí Minh"


def told(made_up, *rows):
    """The made-up result with a record of few rows, each half a point wide on both sides."""
    names = ["model", "index_code", "component", "target_year", "observed", "median", "crps"]
    table = pd.DataFrame(rows, columns=names)
    table = table.assign(
        area=[f"{AREA} {place}" for place in range(len(table))],
        lower=table["median"] - 0.5,
        upper=table["median"] + 0.5,
        new_method=(table["index_code"] == "SIPAS") & (table["target_year"] == 2022),
    )
    return changed(made_up, verification=table[list(VERIFICATION_COLUMNS)])


@pytest.fixture
def few(made_up):
    """Totals of four years, of which two are later than the choice of settings, and SIPAS of two."""
    return told(
        made_up,
        ("evidence", "PAR", "total", 2020, 80.0, 80.5, 0.3),
        ("evidence", "PAR", "total", 2021, 80.0, 81.5, 0.9),
        ("evidence", "PAR", "total", 2022, 80.0, 80.0, 0.1),
        ("evidence", "PAR", "total", 2022, 80.0, 84.0, 3.1),
        ("evidence", "PAR", "total", 2023, 80.0, 78.0, 1.4),
        ("last_value", "PAR", "total", 2023, 80.0, 70.0, 9.0),
        ("evidence", "SIPAS", "total", 2022, 80.0, 87.0, 6.0),
        ("evidence", "SIPAS", "total", 2023, 80.0, 80.2, 0.2),
    )


def test_the_years_of_the_choice_stand_apart_from_later_ones(few):
    """Up to 2021 one of two is inside, later one of three; the survey also without its new questionnaire."""
    table = reading.periods(few).set_index(["index_code", "period"])
    assert table.index.tolist() == [
        *(("PAR", "settled"), ("PAR", "after")),
        *(("SIPAS", "after"), ("SIPAS", "same_method")),
    ]
    assert table["inside"].tolist() == pytest.approx([0.5, 1 / 3, 0.5, 1.0])
    assert table["error"].tolist() == pytest.approx([1.0, 2.0, 3.6, 0.2])
    assert table["cells"].tolist() == [2, 3, 2, 1]
    assert table.loc[("PAR", "after"), ["first", "last", "years"]].tolist() == [2022, 2023, 2]


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_survey_says_why_a_year_is_left_out(few, lang):
    """The reason and the year are said, and that no range was widened."""
    text = str(report.period_table(few, lang=lang))
    assert {"vi": "năm 2022 có phiếu hỏi mới", "en": "2022 brought a new questionnaire"}[lang] in text
    assert {"vi": "không vì thế mà được nới rộng", "en": "not been widened"}[lang] in text
    assert {"vi": "sau năm 2021", "en": "after 2021"}[lang] in text


def test_common_errors_are_means_over_the_provinces_of_a_year(few):
    """In 2022 errors of 0 and +4 make +2; the sentence says that years are the sample."""
    table = reading.year_errors(few)
    assert table["target_year"].tolist() == [2020, 2021, 2022, 2023]
    assert table["miss"].tolist() == pytest.approx([0.5, 1.5, 2.0, -2.0])
    assert table["cells"].tolist() == [1, 1, 2, 1]
    assert "these 4 years" in str(report.year_table(few, lang="en"))
    assert "4 năm, không phải số tỉnh" in str(report.year_table(few, lang="vi"))


def test_ranks_stand_beside_the_plain_step(made_up):
    """By period: the model and the reference on the same ranks, and a sentence with both errors."""
    few = told(
        made_up,
        *(
            ("evidence", "PAR", "rank", year, 30.0, 30.0 + off, off)
            for year, off in ((2021, 2.0), (2023, 4.0))
        ),
        *(
            ("last_rank", "PAR", "rank", year, 30.0, 30.0 - off, off)
            for year, off in ((2021, 6.0), (2023, 3.0))
        ),
    )
    table = reading.past_ranks(few)
    assert list(zip(table["period"], table["model"], table["error"], strict=True)) == [
        *(("settled", "evidence", 2.0), ("settled", "last_rank", 6.0)),
        *(("after", "evidence", 4.0), ("after", "last_rank", 3.0)),
    ]
    said = " ".join(report.track_passage(few, lang="en").lines)
    assert "off by 3.0 places on average (2 known ranks); last year's rank by 4.5." in said


def test_domains_are_compared_with_the_last_value_on_the_cells_of_both(made_up):
    """Three forecasts of D3, of which the last value made one too; D1 has none to compare with."""
    few = told(
        made_up,
        ("evidence", "PAR", "D3", 2021, 11.0, 11.2, 0.1),
        ("evidence", "PAR", "D3", 2022, 11.0, 12.0, 0.6),
        ("evidence", "PAR", "D1", 2023, 8.0, 8.1, 0.1),
        ("last_value", "PAR", "D3", 2022, 11.0, 12.0, 0.8),
    )
    table = few.verification.assign(area=AREA)
    found = reading.past_components(changed(few, verification=table)).set_index("component")
    assert found.index.tolist() == ["D1", "D3"]
    assert found.loc["D3", ["cells", "error", "inside", "compared"]].tolist() == pytest.approx(
        [2, 0.6, 0.5, 1]
    )
    text = str(report.past_component_table(changed(few, verification=table), lang="en"))
    assert "0.75 (1)" in text


def test_domains_of_both_periods_stand_in_one_sentence(made_up):
    """By hand: two of two inside up to 2021, one of three after; the total does not count among them."""
    few = told(
        made_up,
        *(("evidence", "PAR", "D3", 2021, 11.0, 11.0 + off, 0.1) for off in (0.1, 0.4)),
        *(("evidence", "PAR", "D5", 2023, 11.0, 11.0 + off, 0.1) for off in (0.2, 0.7, -3.0)),
        ("evidence", "PAR", "total", 2023, 80.0, 90.0, 9.0),
    )
    table = reading.past_domains(few)
    assert table[["period", "cells"]].to_numpy().tolist() == [["settled", 2], ["after", 3]]
    assert table["inside"].tolist() == pytest.approx([1.0, 1 / 3])
    said = " ".join(report.track_passage(few, lang="en").lines)
    assert "(with results: 5) contained 100% of them up to 2021 and 33% after it." in said


def test_coverage_of_each_range_is_counted_by_period(made_up):
    """Ranges of half, eight tenths and all of the results that came: of 2021 one, of 2023 two."""
    ends = {0.025: -3.0, 0.1: -2.0, 0.25: -1.0, 0.5: 0.0, 0.75: 1.0, 0.9: 2.0, 0.975: 3.0}
    rows = [
        ("evidence", "PAR", f"{AREA} {place}", "total", year, str(level), 80.0 + end, 80.0 + off)
        for place, (year, off) in enumerate(((2021, 1.5), (2023, 0.5), (2023, 2.5)))
        for level, end in ends.items()
    ]
    names = [
        *("model", "index_code", "area", "component", "target_year"),
        "output_type_id",
        "value",
        "observed",
    ]
    few = changed(made_up, backtest=pd.DataFrame(rows, columns=names))
    assert reading.coverage(few, last=2021)["share"].tolist() == [0, 1, 1]
    assert reading.coverage(few, first=2022)["share"].tolist() == [0.5, 0.5, 1]
    assert reading.coverage(few)["share"].tolist() == pytest.approx([1 / 3, 2 / 3, 1])


def test_a_report_without_record_says_so(made_up):
    """No table and no error: one sentence in place of each."""
    bare = changed(made_up, verification=made_up.verification.head(0))
    tables = (report.period_table, report.year_table, report.past_component_table)
    assert {str(make(bare, lang="en")) for make in tables} == {
        "There is no past forecast to compare with yet."
    }
    assert "no past rank" in str(report.past_rank_table(bare, lang="en"))


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_a_domain_says_on_how_many_provinces_it_rests(made_up, lang):
    """Three provinces with a score or a rank of D5, the city among them or not, or none at all."""
    row = made_up.evidence.iloc[0].to_dict() | {"index_code": "PAR", "component": "D5", "statistic": "value"}
    uses = [("Hà Nội", "score"), ("Hà Nội", "rank"), ("Đà Nẵng", "rank"), ("Cần Thơ", "unused")]
    others = [row | {"area": area, "use": use, "year": 2020 + k} for k, (area, use) in enumerate(uses)]
    own = row | {"area": AREA, "use": "rank", "year": 2023}
    said = {
        name: str(report.domain_passage(changed(made_up, evidence=pd.DataFrame(rows)), "D5", lang=lang))
        for name, rows in {"others": others, "own": [*others, own], "none": others[3:]}.items()
    }
    vi, en = "Thành phố Hồ Chí Minh", "Ho Chi Minh City"
    others_end = {
        "vi": f"2 trong 63 tỉnh, thành phố, nhưng chưa có của {vi}",
        "en": f"2 of 63; {en} has none",
    }
    own_end = {"vi": f"3 trong 63 tỉnh, thành phố, trong đó có {vi}", "en": f"3 of 63, {en} among them"}
    assert others_end[lang] in said["others"]
    assert own_end[lang] in said["own"]
    assert {"vi": "Chưa tỉnh, thành phố nào", "en": "None of 63 provinces"}[lang] in said["none"]
