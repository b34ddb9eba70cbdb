"""Indicators without a rule in the workbench: sliders, what-if, explain.  EVERY FIGURE IS MADE UP."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

import forecast
from forecast.desk.what_if import baseline_of, indicators_of

TYPES = """indicator_code,name_vi,name_en,unit,component,sign,kind,frequency,source,note
online_share,Tỷ lệ hồ sơ trực tuyến (giả định),Dossiers online (made up),%,D7,1,level,year,số giả định,
new_share,Tỷ lệ mới có (giả định),New share (made up),%,D7,1,level,year,số giả định,
"""
FIGURES = """online_share,,TP.HCM,2023-09,40,,,số giả định,2023-10-05,,official
online_share,,TP.HCM,2024-09,44,,,số giả định,2024-10-05,,official
new_share,,TP.HCM,2024-09,10,,,số giả định,2024-10-05,,official
"""
SAID = """indicator_code,component,low,high,stated_by,stated_on,note
online_share,D7,0.03,0.06,Sở Thông tin và Truyền thông,2024-10-01,số giả định
"""


@pytest.fixture(scope="module")
def folder(small, tmp_path_factory):
    """The small tables with two indicators that no rule scores; nobody has said anything of them yet."""
    data = tmp_path_factory.mktemp("effects") / "data"
    data.mkdir()
    for path in small.iterdir():
        (data / path.name).write_bytes(path.read_bytes())
    catalogue = data / "indicator_types.csv"
    listed = catalogue.read_text(encoding="utf-8").splitlines(keepends=True)
    catalogue.write_text(TYPES + "".join(listed[1:]), encoding="utf-8")
    table = data / "indicators.csv"
    table.write_text(table.read_text(encoding="utf-8").rstrip("\n") + "\n" + FIGURES, encoding="utf-8")
    return data


@pytest.fixture(scope="module")
def before(folder):
    """The forecast of D7 before anybody says what the indicator is worth."""
    return forecast.open(as_of="2024-10-20", data_dir=folder).forecast("D7").frame["median"].iloc[0]


@pytest.fixture(scope="module")
def bench(folder, before):
    """The workbench after an expert has."""
    assert before
    (folder / "elasticities.csv").write_text(SAID, encoding="utf-8")
    return forecast.open(as_of="2024-10-20", data_dir=folder)


def test_what_an_expert_says_is_in_the_next_forecast(bench, before):
    """What is remembered of the panel is not what nobody had said anything for: 4 points up, D7 rises."""
    assert bench.forecast("D7").frame["median"].iloc[0] > before + 0.02


def test_a_call_moves_the_domain_by_what_the_expert_said(bench):
    """Ten points more are worth ten times a unit, between 0.03 and 0.06 points each, of D7 alone."""
    moved = bench.what_if({"online_share": 54}).frame.set_index("component")["difference"]

    assert 10 * 0.02 < moved["D7"] < 10 * 0.07
    assert moved["total"] == pytest.approx(moved["D7"], abs=2e-4)
    assert (moved.drop(["D7", "total"]).filter(regex="^D[1-8]$") == 0).all()
    assert (bench.what_if({"online_share": 44}).frame["difference"] == 0).all()


def test_the_board_has_sliders_for_what_moves_and_a_line_for_the_others(bench):
    """Rules first, then effects; a slider starts where the figure stands; the rest has a reason."""
    board = bench.what_if()
    lines = "".join(child.value for child in board.box.children if type(child).__name__ == "HTML")

    assert list(board.sliders)[-1] == "online_share"
    assert "new_share" not in board.sliders
    assert board.sliders["online_share"].value == pytest.approx(44, abs=1)
    assert board.sliders["online_share"].options[-1][1] == 100  # a share may be all, whatever is expected
    assert "Tỷ lệ mới có (giả định) (chưa có số cùng kỳ của năm trước nào" in lines
    board.sliders["online_share"].value = 60.0
    assert "D7" in board.answer.value


def test_a_call_with_one_that_cannot_move_says_why(bench):
    """It is understood, and the table says why nothing can be told."""
    told = bench.what_if({"new_share": 20})

    assert np.isnan(told.result.scenarios["median"].iloc[1])
    assert "chưa có số cùng kỳ của năm trước nào" in told._repr_html_()
    assert indicators_of(baseline_of(bench._now()))[-1] == "new_share"


def test_explain_gives_the_share_of_indicators(bench):
    """The indicator with its points and range, as the result has them; a domain without one has no table."""
    text, other = str(bench.explain("D7")), str(bench.explain("D2"))
    current = bench.forecast().result.current.set_index("code").loc["online_share"]

    assert "Tỷ lệ hồ sơ trực tuyến (giả định)" in text
    assert f"+{current['effect']:.2f}".replace(".", ",") in text
    assert current["lower"] < current["effect"] < current["upper"]
    assert "Trong đó, các chỉ tiêu trong năm" not in other


CRITERIA = """876/QĐ-BNV,2022,2024,7.1,D7,Tỷ lệ,,5.0,made_up,,,appraised,linear(20: 0; 80: 5),online_share,
876/QĐ-BNV,2022,2024,7.2,D7,Tiêu chí khác,,8.5,made_up,,,appraised,manual,,
"""
ENDS = """online_share,,TP.HCM,2022,40,,,số giả định,2023-01-05,,official
online_share,,TP.HCM,2023,40,,,số giả định,2024-01-05,,official
"""


def with_rule(folder, value):
    """The tables with a rule for the indicator, which stands at `value` this year."""
    for name, more in (("frameworks", CRITERIA), ("indicators", ENDS)):
        path = folder / f"{name}.csv"
        text = path.read_text(encoding="utf-8").rstrip("\n") + "\n" + more
        text = text.replace("TP.HCM,2023-09,", "TP.HCM,2023-01..2023-09,")
        text = text.replace("TP.HCM,2024-09,44,", f"TP.HCM,2024-01..2024-09,{value},")
        path.write_text(text, encoding="utf-8")
    return forecast.open(as_of="2024-10-20", data_dir=folder)


def test_an_indicator_with_a_rule_moves_its_criterion_and_nothing_else(bench, folder, tmp_path):
    """60 instead of 44: the panel's D7 has it, but what no rule scores stays as it was; the table says so."""
    found = {}
    for value in (44, 60):
        shutil.copytree(folder, tmp_path / str(value))
        ruled = with_rule(tmp_path / str(value), value)
        result = ruled.forecast().result
        mean = result.scorecard.set_index("component")["expected"]
        post = ruled._now().posterior()
        panel = post.target.of_area(ruled._now().spec.area)
        found[value] = mean["7.1"], mean["7.2"], panel.points("D7")[:, 0].mean()
        row = result.current.set_index("code").loc["online_share"]
        assert (row["by"], row["effect"]) == ("rule", 0.0)
    own, others, panel = np.subtract(found[60], found[44])

    assert own == pytest.approx(16 * 5 / 60, abs=0.2)  # less what the rest of the year may bring
    assert panel > 0.4
    assert abs(others) < 0.06  # 0.39 if it moved with its domain
    assert "Trong đó, các chỉ tiêu trong năm" not in str(ruled.explain("D7"))
