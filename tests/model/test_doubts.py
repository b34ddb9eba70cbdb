"""What looks wrong in a yearly table is told, and named by its row; a sound table raises no doubt."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from forecast.base.errors import DataError
from forecast.data.foreign import YearlyTable
from forecast.model import doubts

YEARS = range(2010, 2020)


def table(**changes):
    """Give a sound table of three areas and two components, with cells changed by (area, component, year)."""
    rng = np.random.default_rng(3)
    rows = [
        (area, component, year, 50 + 10 * a + rng.normal())
        for a, area in enumerate(("An", "Bình", "Chi"))
        for component in ("D1", "D2")
        for year in YEARS
    ]
    frame = pd.DataFrame(rows, columns=["area", "component", "year", "score"])
    frame.insert(4, "row", range(2, len(frame) + 2))
    for key, value in changes.get("cells", {}).items():
        area, component, year = key
        here = (frame["area"] == area) & (frame["component"] == component) & (frame["year"] == year)
        frame.loc[here, "score"] = value
    return frame


def told(frame):
    """Give the keys and the English sentences of all doubts."""
    found = doubts.of_table(frame)
    return [phrase.key for phrase in found], " ".join(phrase.text("en") for phrase in found)


def test_a_sound_table_is_not_doubted():
    """Nothing is said where nothing is odd, growth and zeros included."""
    grown = table()
    grown["score"] *= 2.0 ** (grown["year"] - 2010)
    zero = table(cells={("An", "D1", 2013): 0.0, ("An", "D1", 2014): 0.0})
    taken_up = table().query("area == 'An' and component == 'D1'")
    taken_up = taken_up.assign(score=[0.5, 4, 18, 45, 70, 80, 85, 88, 90, 92])
    growth = taken_up.assign(score=[9.2, 9.3, 9.6, 8.1, 8.3, 7.8, 1.4, -6.8, 9.0, 5.8])
    full = table()
    full.loc[full["year"] > 2016, "score"] = 100.0

    frames = (table(), grown, zero, taken_up, growth, full)
    assert [told(frame)[0] for frame in frames] == [[]] * 6


@pytest.mark.parametrize("year", [2010, 2014, 2019])
@pytest.mark.parametrize(("factor", "key"), [(100, "yearly.large"), (0.01, "yearly.small")])
def test_one_value_a_hundred_times_the_rest_is_named(year, factor, key):
    """A lost decimal mark is doubted wherever it stands in the series, and its row is named."""
    frame = table(cells={("Bình", "D2", year): 60 * factor})
    keys, words = told(frame)

    row = frame.loc[(frame["area"] == "Bình") & (frame["component"] == "D2") & (frame["year"] == year), "row"]
    assert keys == [key]
    assert f"row {row.iloc[0]}, Bình, D2, {year}" in words


@pytest.mark.parametrize(
    ("cells", "key", "said"),
    [
        ({("Bình", "D2", 2014): 600.0}, "yearly.large", "2014: 600 is 10 times the years beside it"),
        ({("Bình", "D2", 2014): 0.0}, "yearly.zero", "2014: 0 between years of about 60.63; if the figure"),
        ({("Bình", "D2", 2014): 6.0}, "yearly.small", "2014: 6 is 10 times smaller than the years beside it"),
        ({("Bình", "D2", 2014): -60.0}, "yearly.below_zero", "2014: −60 is below zero"),
    ],
)
def test_a_slip_among_steady_years_is_named(cells, key, said):
    """A decimal mark one place off and a minus sign stand out where the other years are alike."""
    keys, words = told(table(cells=cells))

    assert keys == [key]
    assert said in words


@pytest.mark.parametrize("factor", [1000, 100, 10, 0.1, 0.001])
@pytest.mark.parametrize(
    "years", [range(2010, 2012), range(2014, 2017), range(2016, 2020), range(2010, 2015)]
)
def test_years_on_another_scale_are_named_at_once(years, factor):
    """A unit slip over years in a row is one doubt, wherever it stands, up to half of the series."""
    frame = table()
    here = (frame["area"] == "Bình") & (frame["component"] == "D2") & frame["year"].isin(years)
    frame.loc[here, "score"] *= factor

    keys, words = told(frame)

    times = f"about {factor if factor > 1 else round(1 / factor)} times"
    assert keys == ["yearly.scale_large" if factor > 1 else "yearly.scale_small"]
    assert f"Bình, D2, {years[0]}–{years[-1]} (row {frame.loc[here, 'row'].iloc[0]}: " in words
    assert times in words
    assert "the other years of the series" in words


def test_fractions_among_percent_are_one_doubt():
    """Some cells in percent and some not are told together, however they lie."""
    frame = table()
    mixed = (frame["component"] == "D2") & ((frame["year"] + frame["row"] // 10) % 3 == 0)
    frame.loc[mixed, "score"] /= 100

    keys, words = told(frame)

    first = frame[mixed].iloc[0]
    assert keys == ["yearly.fractions"]
    assert f"D2: {mixed.sum()} figures are about a hundredth of the others" in words
    assert f"(row {first['row']}: {first['area']}, {first['year']}: {first['score']:.3f}"[:-2] in words


def test_years_of_many_areas_on_another_scale_are_one_doubt():
    """A column of a wide table in another unit is told once, with its areas and components."""
    frame = table()
    frame.loc[frame["year"].isin([2014, 2015]), "score"] *= 100

    keys, words = told(frame)

    assert keys == ["yearly.scale_large"]
    assert "An, Bình, Chi, D1, D2, 2014–2015 (row 6: " in words


@pytest.mark.parametrize(("years", "said"), [(YEARS, "2010–2019"), ([2019], "2019")])
def test_an_area_on_another_scale_than_the_others_is_named(years, said):
    """Where the other areas of a year are near each other, one of them in another unit is told."""
    frame = table()
    more = frame[(frame["area"] == "An") & frame["year"].isin(years)].assign(
        area="Dần", score=lambda rows: rows["score"] * 10
    )
    keys, words = told(pd.concat([frame, more], ignore_index=True))

    assert keys == ["yearly.scale_large"]
    assert f"Dần, D1, D2, {said} (row {more['row'].iloc[0]}: " in words
    assert "about 10 times the other areas of the same years" in words


@pytest.mark.parametrize("name", ["Tổng cộng", "Cả mười"])
def test_a_sum_of_ten_areas_is_no_slip_of_the_scale(name):
    """It is doubted as what it is."""
    frame = table()
    own = frame[frame["area"] == "An"]
    areas = [own.assign(area=f"Xã {number}", score=own["score"] + number / 10) for number in range(10)]
    rows = pd.concat(areas, ignore_index=True)
    whole = rows.groupby(["component", "year"], as_index=False)["score"].sum().assign(area=name, row=99)

    assert told(pd.concat([rows, whole], ignore_index=True))[0] == ["yearly.whole"]


@pytest.mark.parametrize(
    ("year", "score", "key", "said"),
    [
        (2014, 27.2, "yearly.exchanged", "27.2 is far from the years beside it; were two digits of 72.2"),
        (2010, 17.2, "yearly.exchanged", "were two digits of 71.2 exchanged?"),
        (2019, 27.1, "yearly.exchanged", "were two digits of 72.1 exchanged?"),
        (2014, 33.3, "yearly.apart", "33.3 is apart from the years beside it by more than five times"),
        (2014, 68.0, "", ""),
        (2019, 60.0, "", ""),
    ],
)
def test_a_figure_apart_from_a_smooth_series_is_named(year, score, key, said):
    """A transposed figure is asked about, with what it may have been; a fall that may be one is not."""
    frame = table()
    own = (frame["area"] == "An") & (frame["component"] == "D1")
    frame.loc[own, "score"] = 71 + (frame.loc[own, "year"] - 2010) % 3
    frame.loc[own & (frame["year"] == year), "score"] = score

    keys, words = told(frame)

    assert keys == [key] * bool(key)
    assert said in words


def test_a_fall_that_the_other_areas_share_is_no_slip():
    """In a bad year all of them are apart from the years beside it."""
    rng = np.random.default_rng(5)
    rows = [
        (f"Xã {a}", "D1", year, (40 if year == 2015 else 80) + rng.normal(0, 0.5))
        for a in range(8)
        for year in YEARS
    ]
    frame = pd.DataFrame(rows, columns=["area", "component", "year", "score"])

    assert told(frame.assign(row=range(2, len(frame) + 2)))[0] == []


def test_a_short_series_is_held_against_the_steps_of_the_other_areas():
    """Four years alone say little; sixty series of four years say how far a figure moves."""
    rng = np.random.default_rng(5)
    rows = [(f"Xã {a}", "D1", y, 72 + rng.normal(0, 0.8)) for a in range(20) for y in range(2020, 2024)]
    frame = pd.DataFrame(rows, columns=["area", "component", "year", "score"])
    frame = frame.assign(row=range(2, len(frame) + 2))
    frame.loc[frame["row"] == 8, "score"] = 27.0

    assert told(frame)[0] == ["yearly.exchanged"]
    assert told(frame[frame["area"] == "Xã 1"])[0] == []


def test_one_maximum_that_others_do_not_have_is_named():
    """The last figure would be taken in its share of another whole."""
    frame = table().assign(max_score=100.0)
    frame.loc[5, "max_score"] = 1000.0

    keys, words = told(frame)

    assert keys == ["yearly.maximum"]
    assert "a maximum of 1,000, where the component's other rows have 100" in words
    assert told(table().assign(max_score=100.0))[0] == []


def test_a_year_of_two_digits_is_refused():
    """Two thousand years without a figure would be computed one by one."""
    frame = table().assign(max_score=np.nan)
    frame.loc[3, "year"] = 23

    with pytest.raises(DataError) as refused:
        doubts.panel_of(YearlyTable(frame, ()))

    problem = refused.value.problems[0]
    assert (problem.row, problem.value, problem.expected_key) == (5, "23", "panel.far_year")


def test_a_year_not_begun_after_the_year_forecast_is_refused_with_its_row():
    """2108 for 2018 would blame the target year; years not begun before it are only told."""
    frame = table()
    frame.loc[frame["year"] == 2018, "year"] = 2108
    read = YearlyTable(frame, ())
    today = dt.date(2026, 1, 1)

    with pytest.raises(DataError) as caught:
        doubts.panel_of(read, today=today, target_year=2025)

    (problem,) = caught.value.problems
    assert (problem.row, problem.value, problem.expected_key) == (10, "2108", "panel.year_ahead")
    assert "yearly.later" in [told.key for told in doubts.panel_of(read, today=today, target_year=2109)[1]]


def test_a_series_that_leaps_is_not_doubted():
    """Of figures that are never alike no one is a slip; neither is a sign that many have."""
    leaping = table(cells={("An", "D1", year): 3.0 ** (year - 2010) for year in YEARS})
    signs = table(cells={("An", "D1", year): -1.0 for year in YEARS})

    assert [told(frame)[0] for frame in (leaping, signs)] == [[], []]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Tổng cộng", "yearly.called_whole"),
        ("TRUNG BÌNH", "yearly.called_whole"),
        ("Bình quân cả nước", "yearly.called_whole"),
        ("Cao nhất", "yearly.called_whole"),
        ("Độ lệch chuẩn", "yearly.called_whole"),
        ("Grand total", "yearly.called_whole"),
        ("Median", "yearly.called_whole"),
        ("Huy?n C? Chi", "yearly.lost_letters"),
        ("Bình quân 2", ""),
        ("Ai?", ""),
    ],
)
def test_a_name_that_is_no_area_is_doubted(name, key):
    """A row of means among the areas, or a name whose letters a spreadsheet has lost."""
    frame = table()
    more = frame[frame["area"] == "Bình"].assign(area=name, score=lambda rows: rows["score"] + 1)

    assert told(pd.concat([frame, more], ignore_index=True))[0] == [key] * bool(key)


def test_the_one_area_called_by_a_number_is_named():
    """A number among names is a column that slipped; districts that have numbers are areas."""
    frame = table()
    rename = [frame.assign(area=frame["area"] + suffix) for suffix in (" bắc", " nam")]
    frame = pd.concat(rename, ignore_index=True)
    frame["score"] += np.arange(len(frame)) % 3
    numbered = frame.replace({"area": {"An nam": "2020"}})
    districts = frame.replace({"area": {"An nam": "1", "Chi nam": "3"}})

    assert "yearly.number_as_name" in told(numbered)[0]
    assert "“2020” is a number" in told(numbered)[1]
    assert "yearly.number_as_name" not in told(districts)[0] + told(frame)[0]


@pytest.mark.parametrize("other", ["an", "ÁN", " An", "A n"])
def test_names_alike_but_for_case_accents_or_spaces_are_doubted(other):
    """Two spellings of a name are told with their rows, and with the cells that stay empty."""
    more = pd.DataFrame({"area": [other], "component": ["D1"], "year": [2019], "score": [50.0], "row": [62]})
    keys, words = told(pd.concat([table(), more], ignore_index=True))

    assert keys == ["yearly.alike", "yearly.never"]
    assert "rows 2, 62" in words


def test_a_year_far_from_the_others_is_doubted():
    """A year that a long gap parts from the rest may be mistyped."""
    lone = pd.DataFrame({"area": ["An"], "component": ["D1"], "year": [1910], "score": [50.0], "row": [62]})
    keys, words = told(pd.concat([table(), lone], ignore_index=True))

    assert keys == ["yearly.gap"]
    assert "between 1910 and 2010" in words


def test_years_without_a_figure_between_others_are_named():
    """A column that is missing and an empty cell amid a series are told, ends and what never was are not."""
    frame = table()
    amid = frame[~((frame["area"] == "An") & frame["year"].isin([2013, 2014]))]
    ends = frame[~((frame["area"] == "An") & frame["year"].isin([2010, 2019]))]

    assert told(frame[frame["year"] != 2014])[0] == ["yearly.no_year"]
    assert "No figures of 2014, between other years" in told(frame[frame["year"] != 2014])[1]
    assert told(amid)[0] == ["yearly.holes"]
    assert "2 series lack figures between others (An / D1 (2013–2014), An / D2 (2013–2014))" in told(amid)[1]
    assert told(ends)[0] == []


def test_cells_without_any_figure_are_named():
    """An area all of whose scores are empty is not lost in silence."""
    frame = table()
    frame.loc[frame["area"] == "Chi", "score"] = np.nan
    keys, words = told(frame)

    assert keys == ["yearly.no_score", "yearly.never"]
    assert "20 rows" in words
    assert "Chi / D1, Chi / D2" in words


@pytest.mark.parametrize("years", [[2019], [2018, 2019]])
@pytest.mark.parametrize(("factor", "key"), [(100, "yearly.large_alone"), (0.01, "yearly.small_alone")])
def test_a_value_far_from_all_others_is_named_where_its_series_is_too_short_to_tell(years, factor, key):
    """An area with one or two figures is held against the component's other figures."""
    more = pd.DataFrame({"area": "Dần", "component": "D1", "year": years, "score": 60.0})
    more.loc[len(years) - 1, "score"] *= factor
    more["row"] = range(62, 62 + len(years))
    unlike = table()
    unlike["score"] *= unlike["area"].map({"An": 3, "Bình": 1, "Chi": 1})  # else the areas of its year tell
    keys, words = told(pd.concat([unlike, more], ignore_index=True))

    assert key in keys
    assert f"row {61 + len(years)}, Dần, D1, 2019" in words


def test_areas_of_very_different_sizes_are_not_doubted():
    """A large city beside small ones is no slip, however short its series."""
    frame = table()
    small = frame["area"] == "An"
    frame.loc[small, "score"] /= 500
    more = pd.DataFrame(
        {"area": ["Dần"], "component": ["D1"], "year": [2019], "score": [9000.0], "row": [62]}
    )
    keys, _ = told(pd.concat([frame, more], ignore_index=True))

    assert keys == ["yearly.never"]


def test_an_area_that_is_the_sum_of_the_others_is_named():
    """A row of totals among the areas is doubted, also with gaps; one that adds up once is not."""
    frame = table()
    totals = (
        frame.groupby(["component", "year"], as_index=False)["score"].sum().assign(area="Cả nước", row=62)
    )
    once = totals.assign(score=totals["score"].where(totals["year"] == 2015, totals["score"] * 1.01))

    keys, words = told(pd.concat([frame, totals.drop(index=[3, 4])], ignore_index=True))
    assert keys[0] == "yearly.whole"
    assert "“Cả nước” is the sum" in words
    assert "yearly.whole" not in told(pd.concat([frame, once], ignore_index=True))[0]


def test_an_area_that_is_the_mean_of_the_others_is_named():
    """Whatever it is called, in a table of enough areas that differ."""
    more = table().assign(area=lambda rows: rows["area"] + " 2", score=lambda rows: 100 - rows["score"])
    frame = pd.concat([table(), more], ignore_index=True)
    means = frame.groupby(["component", "year"], as_index=False)["score"].mean().round(2)
    whole = means.assign(area="Toàn vùng", row=99)

    keys, words = told(pd.concat([frame, whole], ignore_index=True))

    assert keys == ["yearly.mean"]
    assert "“Toàn vùng” is the mean of the other areas" in words
    same = [table()[:20].assign(area=f"Xã {number}", score=50.0) for number in range(7)]
    assert told(pd.concat(same, ignore_index=True))[0] == []


def test_figures_of_years_to_come_are_named():
    """They are forecasts or plans, or the year is mistyped."""
    frame = table().assign(max_score=np.nan)
    frame.loc[frame["year"] == 2019, "year"] = 2031

    _, remarks = doubts.panel_of(YearlyTable(frame, ()), today=dt.date(2020, 5, 1))
    _, silent = doubts.panel_of(YearlyTable(table().assign(max_score=np.nan), ()), today=dt.date(2019, 1, 1))

    assert "6 figures are of years still to come (2031; the first: row 11)" in remarks[0].text("en")
    assert silent == []


@pytest.mark.parametrize("years", [[2018, 2019], [2010, 2011, 2012]])
def test_zeros_for_years_that_are_not_known_are_one_doubt(years):
    """A table filled up with zeros is told once."""
    frame = table()
    frame.loc[frame["year"].isin(years), "score"] = 0.0

    keys, words = told(frame)

    assert keys == ["yearly.zeros"]
    assert "6 series have zeros in the first or last years" in words


def test_a_year_or_an_area_that_was_copied_is_named():
    """All series stand still at once, or two areas have the same figures throughout."""
    frame = table()
    copied = frame.copy()
    last = copied.loc[copied["year"] == 2018, "score"].to_numpy()
    copied.loc[copied["year"] == 2019, "score"] = last
    more = frame[frame["area"] == "Chi"].assign(area="Dần")

    assert told(copied)[0] == ["yearly.copied_year"]
    assert "6 figures of 2019 are just those of 2018" in told(copied)[1]
    assert told(pd.concat([frame, more], ignore_index=True))[0] == ["yearly.copied_area"]
    of_two = pd.concat([frame, more[more["component"] == "D1"]], ignore_index=True)
    own = frame[(frame["area"] == "An") & (frame["component"] == "D2")]
    of_two = pd.concat([of_two, own.assign(area="Dần", score=own["score"] + 5)], ignore_index=True)
    assert told(of_two)[0] == ["yearly.copied_series"]
    assert told(frame.assign(score=50.0))[0] == []


@pytest.mark.parametrize(
    ("years", "area", "keys"),
    [
        (range(2016, 2020), "Dần", ["yearly.copied_area"]),  # four figures, of 2 decimals
        (range(2016, 2020), "Chi", ["yearly.copied_series"]),  # its other component is its own
        (range(2019, 2020), "Dần", []),  # one figure may be shared
    ],
)
def test_a_short_row_that_was_copied_is_named(years, area, keys):
    """Few figures are enough where no two other areas share one."""
    rng = np.random.default_rng(4)
    names = ("An", "Bình", "Chi", "Dần", "Giang", "Hòa", "Yên")
    frame = pd.DataFrame(
        [(a, c, y, round(rng.normal(70, 5), 2)) for a in names for c in ("D1", "D2") for y in years],
        columns=["area", "component", "year", "score"],
    )
    frame["row"] = range(2, len(frame) + 2)
    like = frame["component"].eq("D1") | (area == "Dần")
    own = frame[frame["area"].eq("An") & like]["score"].to_numpy()
    frame.loc[frame["area"].eq(area) & like, "score"] = own

    assert told(frame)[0] == keys
    frame["score"] = frame["score"].round(-1)  # of tens, many areas share them
    assert told(frame)[0] == []


def test_years_without_figures_between_others_are_told():
    """A year that the whole table lacks is one sentence, those of single series are counted."""
    frame = table()
    frame = frame[(frame["year"] != 2015) & ~(frame["area"].eq("An") & frame["year"].isin((2012, 2013)))]

    keys, words = told(frame)

    assert keys == ["yearly.no_year", "yearly.holes"]
    assert "No figures of 2015, between other years: read as not known (not as 0)" in words
    assert "2 series lack figures between others (An / D1 (2012–2013), An / D2 (2012–2013))" in words


def test_scores_far_below_their_maximum_are_in_another_unit():
    """0.85 of 100 is 85 percent as a spreadsheet holds it."""
    frame = table().assign(max_score=100.0)

    assert told(frame.assign(score=frame["score"] / 100))[0] == ["yearly.far_maximum"] * 2
    assert told(frame.assign(score=frame["score"] / 10))[0] == []


@pytest.mark.parametrize(
    ("found", "meant", "said"),
    [
        (2051, 2015, True),
        (2005, 2015, True),
        (2012, 2021, False),  # no year is missing there
        (2091, 2019, False),  # the gap is told
        (2009, 2010, False),  # one more year before, and a gap
    ],
)
def test_a_year_out_of_the_order_of_the_file_is_named(found, meant, said):
    """A heading or a cell with one wrong digit puts its figures among other years."""
    frame = table()
    frame.loc[(frame["year"] == meant) & (frame["area"] != "An"), "year"] = found

    keys, words = told(frame)

    assert ("yearly.mistyped_year" in keys) == said
    sentence = f"the year {found} (4 series; Bình, row {frame.loc[frame['year'] == found, 'row'].min()})"
    assert (sentence in words) == said


@pytest.mark.parametrize("years", [range(2010, 2014), [2015]])
def test_one_area_under_two_names_is_named(years):
    """TP.HCM and TP. Hồ Chí Minh are two series of half the years each, unless somebody asks."""
    frame = table()
    frame.loc[(frame["area"] == "Bình") & frame["year"].isin(years), "area"] = "Thị xã B."

    keys, words = told(frame)

    assert [key for key in keys if key != "yearly.holes"] == ["yearly.one_area"]  # 2015 is a hole too
    assert "“Bình”" in words
    assert "“Thị xã B.”" in words
    frame = frame[~((frame["area"] == "Bình") & (frame["year"] == 2019))]
    assert "yearly.one_area" not in told(frame)[0]
