"""`forecast predict --plot` and `--summary`: pictures that stand alone, and what ranges rest on.

All figures are made up.
"""

import re

import pandas as pd
import pytest

from forecast import cli

YEARS = range(2010, 2020)


@pytest.fixture
def scores(tmp_path):
    """Give a file of two areas and three components, the third the sum of the others."""
    rows = []
    for a, area in enumerate(("An & Co", "Bình")):
        for year in YEARS:
            parts = [50 + 3 * a + (year * 7 + 3 * a) % 5, 20 + (year * year + a) % 7]
            rows += [
                (area, c, year, s) for c, s in zip(("D1", "D2", "total"), [*parts, sum(parts)], strict=True)
            ]
    path = tmp_path / "scores.csv"
    pd.DataFrame(rows, columns=["area", "component", "year", "score"]).to_csv(path, index=False)
    return path


def run(capsys, scores, *more, code=0):
    """Run the command; give what it printed and its remarks."""
    out = scores.with_name("out.csv")
    words = ["--lang", "en", "predict", "--scores", scores, "--target-year", "2020:2021", "--out", out, *more]
    assert cli.run(list(map(str, words))) == code
    told = capsys.readouterr()
    return told.out, told.err


@pytest.mark.slow
def test_a_page_holds_a_fan_for_each_series_with_its_figures_in_words(scores, capsys):
    """One picture a series, nothing fetched, and the 80 percent range of the table under each."""
    page = scores.with_name("fans.html")
    run(capsys, scores, "--plot", page)
    text = page.read_text(encoding="utf-8")
    table = pd.read_csv(scores.with_name("out.csv"))

    assert text.count("<svg") == text.count("<figure>") == 6
    assert "An &amp; Co · D1" in text
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", text)
    best = table[(table["model"] == "ensemble") & (table["area"] == "Bình") & (table["component"] == "D1")]
    best = best[best["target_year"] == 2021].set_index("quantile_level")["value"]
    found = re.search(r"Bình · D1, 2021: median ([\d.]+), 80 percent range ([\d.]+) to ([\d.]+\d)", text)
    assert found is not None
    for part, level in zip(found.groups(), (0.5, 0.1, 0.9), strict=True):
        assert float(part) == pytest.approx(best[level], abs=0.06)


@pytest.mark.slow
def test_one_area_and_component_on_a_sheet(scores, capsys):
    """A picture file holds what was asked for; the table holds everything."""
    sheet = scores.with_name("fans.png")
    run(capsys, scores, "--plot", sheet, "--area", "Bình", "--component", "total")

    data = sheet.read_bytes()
    assert data.startswith(b"\x89PNG")
    width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    assert (width, height) == (576, 496)  # one small picture and the key above it
    assert set(pd.read_csv(scores.with_name("out.csv"))["area"]) == {"An & Co", "Bình"}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--plot", "fans.pdf"), "fans.pdf"),
        (("--plot", "{here}/fans.png", "--area", "Binh"), "Bình"),
        (("--area", "Bình"), "--plot"),
        (("--plot", "{here}/out.csv"), "--plot"),
    ],
)
def test_a_picture_that_cannot_be_made_is_refused_before_the_work(scores, capsys, more, words):
    """A wrong ending, an unknown area, no picture at all: told, and nothing is written."""
    more = [word.format(here=scores.parent) for word in more]
    _, told = run(capsys, scores, *more, code=2)

    assert words in told
    assert not scores.with_name("out.csv").exists()


def test_too_many_fans_are_refused_with_the_way_to_choose(scores, capsys):
    """Nobody looks at hundreds of pictures: the sentence names the options."""
    rows = "".join(f"A{a},D,{year},{a + year % 3}\n" for a in range(70) for year in YEARS)
    scores.write_text("area,component,year,score\n" + rows, encoding="utf-8")
    _, told = run(capsys, scores, "--plot", scores.with_name("f.png"), code=2)

    assert "70" in told
    assert "--area" in told


def test_the_summary_says_what_ranges_rest_on(scores, capsys):
    """Scales, weights that add up, the share of outcomes inside; the sum is told."""
    out, told = run(capsys, scores, "--summary")

    assert "2 areas, 3 components, 2010 to 2019; 60 figures in 60 cells" in out
    assert "areas on one scale: D1, D2, total" in out
    weights = [int(w) for w in re.findall(r"(\d+)%", next(x for x in out.splitlines() if "made of" in x))]
    assert sum(weights) == pytest.approx(100, abs=2)
    assert "outcomes inside the ranges: 50% →" in out
    assert len(re.findall(r"as wide as the models give them\.", out)) == 1
    assert "widened 1 times" not in out
    assert "total is a sum" in told


def test_a_total_that_its_parts_do_not_make_is_told(scores, capsys):
    """The ranges rest on the parts; which of the figures is wrong only the reader knows."""
    table = pd.read_csv(scores)
    at = table.index[table["component"] == "total"][3]
    table.loc[at, "score"] += 9
    table.to_csv(scores, index=False)

    _, told = run(capsys, scores)

    area, year = table.loc[at, ["area", "year"]]
    assert f"Doubt: {area}, total, {year}: {table.loc[at, 'score']:g}, where its parts make" in told
