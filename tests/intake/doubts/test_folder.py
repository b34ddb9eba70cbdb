"""`check` raises the doubts of the doors about figures edited by hand.  All changed figures are made up."""

import datetime as dt
import json
import time
from pathlib import Path

import pandas as pd
import pytest

from forecast import cli
from forecast.data.load import read_vintages
from forecast.data.tables import REMEDIES
from forecast.intake.additions import append, one_row
from forecast.intake.doubts.folder import doubts_in
from forecast.intake.doubts.indicators import IndicatorDoubts

DAY = dt.date(2024, 10, 20)

SIPAS_2022 = {"Hà Giang": 81.11, "Cao Bằng": 80.32, "Lào Cai": 84.03, "Sơn La": 83.47}  # made up


def edited(path, begins, column, value):
    """Change a cell of the first row that begins so; give its number."""
    lines = path.read_text(encoding="utf-8").splitlines()
    names = lines[0].split(",")
    at = next(number for number, line in enumerate(lines) if line.startswith(begins))
    cells = lines[at].split(",")
    cells[names.index(column)] = value
    lines[at] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return at + 1


@pytest.mark.parametrize(
    ("file", "begins", "column", "value", "key"),
    [
        ("scores.csv", "PAR,2023,Hà Nội,total,value", "score", "9.143", "doubt.jump"),
        ("scores.csv", "PAR,2022,Đà Nẵng,total,value", "rank", "2", "doubt.rank_order"),
        ("indicators.csv", "pub_inv_disb_rate,,2023", "value", "900", "doubt.over_whole"),
        ("indicators.csv", "pub_inv_disb_rate,,2023", "value", "-9", "doubt.negative"),
    ],
)
def test_a_slip_of_the_hand_is_remarked_at_its_row(file, begins, column, value, key, data_dir):
    """What the file had before raises no such doubt at that row."""
    path = data_dir / file
    if file == "indicators.csv":
        begins = next(
            line
            for line in path.read_text(encoding="utf-8").splitlines()
            if line.startswith("pub_inv_disb_rate") and "2023-01.." in line and "Việt Nam" not in line
        )
    before = {(each.row, each.expected_key) for each in doubts_in(read_vintages(data_dir), DAY)}

    number = edited(path, begins, column, value)
    after = {(each.row, each.expected_key) for each in doubts_in(read_vintages(data_dir), DAY)}

    assert (number, key) in after - before


def test_figures_of_every_index_are_judged(data_dir):
    """Whatever index the page of the data is about; of a whole table, the index is named."""
    path = data_dir / "scores.csv"
    rows = [
        f"SIPAS,{year},{area},total,value,{score},percent,,,{day},{day},x,press,"
        for year, day in ((2022, "2023-04-19"), (2023, "2024-04-17"))
        for area, score in SIPAS_2022.items()
    ]
    path.write_text(path.read_text(encoding="utf-8") + "\n".join(rows) + "\n", encoding="utf-8")

    copied = {
        (each.row, each.column, each.value)
        for each in doubts_in(read_vintages(data_dir), DAY)
        if each.expected_key == "doubt.copy"
    }

    assert copied == {(None, "index_code", "SIPAS")}


@pytest.mark.parametrize(
    ("target", "first", "told"),
    [
        (
            "PAR,TP. Hồ Chí Minh,2024,rank,<=,15,2024-06-01,x",
            3,
            "row 3 sets <= 10 for the same year, and <= 15",
        ),
        ("PAR,TP. Hồ Chí Minh,2024,rank,<=,10,2024-06-01,x", 0, ""),
        ("PAR,TP. Hồ Chí Minh,2024,rank,<=,9,2024-06-01,x", 0, ""),
        ("PAR,TP. Hồ Chí Minh,2025,rank,<=,15,2024-06-01,x", 0, ""),
        ("on_time_dossiers,TP. Hồ Chí Minh,2024,percent,>=,97.5,2024-06-01,x", 4, "row 4 sets >= 98"),
        ("on_time_dossiers,TP. Hồ Chí Minh,2024,percent,>=,99,2024-06-01,x", 0, ""),
        ("on_time_dossiers,TP. Hồ Chí Minh,2024,percent,<=,99,2024-06-01,x", 4, "and <= 99 is easier or the"),
        ("on_time_dossiers,TP. Hồ Chí Minh,2024,percent,>=,99,2023-06-01,x", 5, "row 5 sets >= 99"),
    ],
)
def test_a_target_that_takes_another_back_is_remarked_with_both_rows(target, first, told, data_dir):
    """The later one is doubted, whichever row stands first; not one that asks for more or another year."""
    path = data_dir / "targets.csv"
    path.write_text(f"{path.read_text(encoding='utf-8').rstrip()}\n{target}\n", encoding="utf-8")

    doubts = [each for each in doubts_in(read_vintages(data_dir), DAY) if each.file == "targets.csv"]

    assert [each.row for each in doubts] == ([4 if first == 5 else 5] if told else [])
    assert all(each.expected_facts["first"] == first and told in each.text("en") for each in doubts)


@pytest.mark.parametrize(
    ("file", "row", "column", "key"),
    [
        ("events.csv", "PAR,2030,framework,abc,,2030-05-15", "what", "doubt.decision"),
        ("events.csv", "PAR,2030,framework,999/QĐ-BNV,,2030-05-15", "", ""),
        ("events.csv", "PAR,2030,framework,abc,không có số quyết định,2030-05-15", "", ""),
        ("events.csv", "PAR,2030,method,abc,,2030-05-15", "", ""),
        ("announcements.csv", "PAR,2030,2031-04-06,day,", "source_url", "doubt.source"),
        ("announcements.csv", "PAR,2030,2031-04-06,day,x", "", ""),
        ("events.csv", "PAR,2023,framework,876/QĐ-BNV,,2023-11-10", "what", "doubt.holds"),
        ("events.csv", "PAR,2023,framework,876/QĐ-BNV,ghi lại thay đổi đã có,2023-11-10", "", ""),
        ("events.csv", "PAR,2022,framework,999/QĐ-BNV,,2022-11-10", "what", "doubt.two_frameworks"),
        ("events.csv", "PAR,2023,framework,877/QĐ-BNV,,2023-11-10", "what", "doubt.near_decision"),
        ("events.csv", "PAR,2025,framework,876/QĐ-BNV,,2025-05-15", "", ""),  # after another one in 2024
        ("events.csv", "PAR,2060,framework,999/QĐ-BNV,,2024-05-15", "year", "doubt.event_year"),
        ("events.csv", "PAR,2027,framework,999/QĐ-BNV,,2024-05-15", "", ""),
        ("events.csv", "PAPI,2060,method,abc,,", "", ""),  # known on no day
        ("targets.csv", "PAR,TP. Hồ Chí Minh,2060,rank,<=,15,2024-06-01,x", "year", "doubt.target_year"),
        ("targets.csv", "PAR,TP. Hồ Chí Minh,2034,rank,<=,15,2024-06-01,x", "", ""),
    ],
)
def test_what_nobody_can_look_up_or_cannot_well_be_is_remarked(file, row, column, key, data_dir):
    """The tables are read all the same."""
    path = data_dir / file
    path.write_text(f"{path.read_text(encoding='utf-8').rstrip()}\n{row}\n", encoding="utf-8")
    number = len(path.read_text(encoding="utf-8").splitlines())

    doubts = [each for each in doubts_in(read_vintages(data_dir), DAY) if each.row == number]

    found = [(each.column, each.expected_key) for each in doubts if each.file == file]
    assert found == ([(column, key)] if key else [])


@pytest.mark.parametrize(
    ("note", "of_province", "kinds"),
    [
        ("", "", ["doubt.group_highest"]),
        ("mức cao nhất thấp hơn một tỉnh", "", []),
        ("", "trên mức cao nhất đã công bố", []),  # as `add` writes it beside the province
    ],
)
def test_a_figure_of_all_provinces_that_one_contradicts_is_remarked(note, of_province, kinds, data_dir):
    """At the row of the country, unless a note of either says that the source does say so."""
    path = data_dir / "scores.csv"
    days = "2024-04-17,2024-04-17,x,press"
    rows = f"PAR,2023,Việt Nam,D5,max,70,percent,,,{days},{note}\n"
    rows += f"PAR,2023,Hà Nội,D5,value,78,percent,,,{days},{of_province}\n"
    path.write_text(path.read_text(encoding="utf-8") + rows, encoding="utf-8")
    number = len(path.read_text(encoding="utf-8").splitlines()) - 1

    doubts = [each for each in doubts_in(read_vintages(data_dir), DAY) if "group" in each.expected_key]

    assert [each.expected_key for each in doubts] == kinds
    assert all((each.row, each.column, each.value) == (number, "score", "70") for each in doubts)


def test_no_real_figure_of_provinces_is_doubted():
    """Of the indexes with means, highest and lowest."""
    real = read_vintages(Path(__file__).parents[3] / "data")
    keys = {each.expected_key for each in doubts_in(real, DAY)}

    assert not {key for key in keys if key.startswith("doubt.group")}


@pytest.mark.parametrize(
    ("unit", "to_day", "successor", "components"),
    [
        ("Sở Tư pháp", "2023-06-30", "", ["D2"]),
        ("Sở Tư pháp", "2023-06-30", "Sở Nội vụ", None),
        ("Sở Tư pháp", "2024-06-30", "", None),  # no criteria that are known go on after that year
        ("Thanh tra Thành phố", "2023-06-30", "", None),  # responsible for nothing
    ],
)
def test_a_unit_that_ends_names_who_takes_over(unit, to_day, successor, components, data_dir):
    """Else nobody answers for its criteria."""
    number = edited(data_dir / "units.csv", unit, "to_day", to_day)
    edited(data_dir / "units.csv", unit, "successor", successor)

    doubts = [each for each in doubts_in(read_vintages(data_dir), DAY) if each.file == "units.csv"]

    told = [(each.row, each.column, each.expected_facts["components"]) for each in doubts]
    assert told == ([(number, "successor", components)] if components else [])


@pytest.mark.parametrize(("day", "found"), [("2024-05-14", []), ("2024-05-17", [13]), ("2024-03-17", [13])])
def test_a_day_of_a_result_far_from_that_of_its_figures_is_remarked(day, found, data_dir):
    """A month or more before or after 17 April 2024, when the figures of 2023 were out."""
    number = edited(data_dir / "announcements.csv", "PAR,2023,", "announced_on", day)
    doubts = [each for each in doubts_in(read_vintages(data_dir), DAY) if each.file == "announcements.csv"]

    assert [each.row for each in doubts] == [number for _ in found]
    assert all(each.expected_key == "doubt.other_day" for each in doubts)


@pytest.mark.parametrize(("day", "found"), [("2024-03-21", []), ("2024-03-17", ["doubt.early"])])
def test_a_figure_that_was_out_long_before_its_result_is_remarked(day, found, data_dir):
    """It would be used before anybody knew it; a month or more before 17 April 2024."""
    number = edited(data_dir / "scores.csv", "PAR,2023,Hà Nội,total,value", "published_on", day)
    doubts = [each for each in doubts_in(read_vintages(data_dir), DAY) if each.row == number]

    assert [each.expected_key for each in doubts if each.column == "published_on"] == found


def test_a_target_that_was_lowered_on_purpose_says_so(data_dir):
    """In the column that a file may lack, with the words that the doubt names."""
    path = data_dir / "targets.csv"
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    row = "PAR,TP. Hồ Chí Minh,2024,rank,<=,15,2024-06-01,x"
    for note, count in (("", 1), ("mục tiêu đã được điều chỉnh", 0)):
        lines = [f"{head},note", *(f"{each}," for each in rows), f"{row},{note}"]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        found = doubts_in(read_vintages(data_dir), DAY)
        assert sum(each.file == "targets.csv" for each in found) == count


def test_a_doubt_is_a_remark_of_check_and_changes_no_code(data_dir, capsys):
    """In words and in JSON."""
    edited(data_dir / "scores.csv", "PAR,2023,Hà Nội,total,value", "score", "9.143")
    words = ["check", "--as-of", DAY.isoformat(), "--data-dir", str(data_dir)]

    assert cli.run(words) == 0
    assert "9,14 phần trăm điểm tối đa" in capsys.readouterr().out
    assert cli.run([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["doubts"]
    assert ("scores.csv", "9.143") in {(each["file"], each["value"]) for each in told}


def test_what_was_added_in_spite_of_a_doubt_is_not_told_again(data_dir):
    """Its note says so."""
    cells = {"index_code": "PAR", "year": "2022", "area": "Cà Mau", "component": "total", "score": "80"}
    cells |= {"published_on": "2023-04-19", "source_url": "giả định"}
    append.append(one_row.score(data_dir, **cells))
    proposal = one_row.score(
        data_dir, **{**cells, "year": "2023", "score": "6", "published_on": "2024-04-17"}
    )
    assert {each.expected_key for each in proposal.doubts} >= {"doubt.jump"}

    append.append(proposal, insist=True)

    assert "doubt.jump" not in {
        each.expected_key for each in doubts_in(read_vintages(data_dir), DAY) if each.value == "6"
    }


def doubts_of(name, kind, *figures):
    """Keys of the doubts about the last of some figures: period, value, day of publication."""
    rows = pd.DataFrame(figures, columns=["period", "value", "published_on"])
    rows["published_on"] = pd.to_datetime(rows["published_on"])
    rows["source_url"] = [f"trang {number}" for number in rows.index]
    rows = rows.assign(indicator_code="x", area="Hà Nội", indicator_name_vi=name, unit="%")
    *known, last = rows.itertuples(index=False)
    return {doubt.key for doubt in IndicatorDoubts(pd.DataFrame(known), kinds={"x": kind}).of(last)}


@pytest.mark.parametrize(("name", "doubts"), [("Tốc độ tăng", set()), ("Tỷ lệ", {"doubt.fraction"})])
def test_a_growth_may_be_near_nothing(name, doubts):
    """A share that falls to a tenth in a year is doubted, a growth is not."""
    figures = ("2023-Q1", 7.5, "2023-04-02"), ("2024-Q1", 0.7, "2024-04-02")

    assert doubts_of(name, "to_date", *figures) == doubts


@pytest.mark.parametrize(
    ("kind", "known", "figure", "doubts"),
    [  # one cause is one question; what the nearest year with these months has, or all shares of the place
        (
            "cumulative",
            {"2023-01..2023-10": 34, "2024-01..2024-08": 21},
            ("2024-01..2024-10", 2.8),
            {"ratio"},
        ),
        (
            "cumulative",
            {"2023-01..2023-10": 34, "2024-01..2024-08": 21},
            ("2024-01..2024-10", 0.28),
            {"fraction"},
        ),
        ("cumulative", {"2020": 7227, "2021": 7100}, ("2024", 710), {"ratio"}),
        ("cumulative", {"2020": 7227, "2021": 7100}, ("2024", 1420), set()),
        ("cumulative", {"2023": 7100, "2021": 71000}, ("2022", 71000), {"ratio"}),
        ("cumulative", {"2016": 7100}, ("2024", 710), set()),
        ("to_date", {"2022": 99.8, "2023": 99.9, "2024-01..2024-06": 99.85}, ("2024-Q3", 9.987), {"ratio"}),
        ("to_date", {"2022": 0.2, "2023": 0.1, "2024-01..2024-06": 0.15}, ("2024-Q3", 99.87), {"ratio"}),
        ("to_date", {"2022": 0.2, "2023": 0.1, "2024-01..2024-06": 0.15}, ("2024-Q3", 1.2), set()),
        ("cumulative", {"2022": 99.8, "2023": 99.9, "2024-01..2024-06": 45}, ("2024-01", 1.9), set()),
    ],
)
def test_a_figure_of_another_size_is_one_question(kind, known, figure, doubts):
    """A digit too many or too few, another unit or another rate, whatever period is known."""
    rows = [(period, value, "2025-01-02") for period, value in known.items()]

    found = doubts_of("Tỷ lệ", kind, *rows, (*figure, "2025-01-02"))

    assert {key.removeprefix("doubt.") for key in found} == doubts


@pytest.mark.parametrize(("value", "doubts"), [(8.3, set()), (1.0, set()), (83, {"doubt.change"})])
def test_steady_growth_says_little_of_another_year(value, doubts):
    """Three years near each other are no bounds; a lost decimal mark is far beyond."""
    known = (("2016", 7.72, "2017-01-02"), ("2017", 7.76, "2018-01-02"), ("2018", 7.64, "2019-01-02"))

    assert doubts_of("Tốc độ tăng", "to_date", *known, ("2019", value, "2020-01-02")) == doubts


@pytest.mark.parametrize(
    ("kind", "day", "doubts"),
    [
        ("level", "2021-12-01", set()),
        ("level", "2021-03-01", {"doubt.before_period"}),
        ("to_date", "2021-12-01", {"doubt.before_period"}),
    ],
)
def test_a_years_plan_may_be_out_before_it_begins(kind, day, doubts):
    """In the last months before it, and nothing else may."""
    assert doubts_of("Chỉ tiêu được giao", kind, ("2021", 50, "2021-02-01"), ("2022", 51, day)) == doubts


@pytest.mark.parametrize(("value", "doubts"), [(14, set()), (12, {"doubt.cumulative"})])
def test_a_running_total_falls_if_it_is_below_all_that_is_said_of_a_shorter_time(value, doubts):
    """Sources that disagree about June say nothing against a figure between theirs."""
    figures = ("2024-01..2024-06", 13, "2024-07-02"), ("2024-01..2024-06", 19, "2024-07-05")

    assert doubts_of("Tỷ lệ", "cumulative", *figures, ("2024-01..2024-07", value, "2024-08-02")) == doubts


def test_the_projects_own_figures_raise_no_doubt():
    """Each was looked at: where sources disagree or are early, the row's note says so."""
    vintages = read_vintages(Path(__file__).parents[3] / "data")

    assert [each.text("en") for each in doubts_in(vintages, DAY)] == []


def test_many_figures_of_one_place_are_judged_in_little_time():
    """Twenty thousand sources of one indicator, of which each was held against each."""
    rows = pd.DataFrame(
        {
            "indicator_code": "x",
            "indicator_name_vi": "x",
            "area": "Hà Nội",
            "unit": "%",
            "period": [f"{2012 + n % 12}-{1 + n // 12 % 12:02d}" for n in range(20_000)],
            "value": [50.0 + n % 7 for n in range(20_000)],
            "source_url": [f"giả định {n}" for n in range(20_000)],
            "published_on": pd.Timestamp("2024-01-31"),
        }
    )
    begun = time.process_time()

    doubts = IndicatorDoubts(rows, among=True)
    keys = {doubt.key for row in rows.itertuples(index=False) for doubt in doubts.of(row)}

    assert keys == set()
    assert time.process_time() - begun < 10


@pytest.mark.parametrize("note", ["", "hạn trước ngày ghi; điểm cho một đơn vị lớn"])
def test_what_the_office_and_its_experts_say_is_doubted_in_the_folder(note, data_dir):
    """As at the doors; a row that says that it was added in spite of it is not told again."""
    files = {
        "remedies.csv": f"{','.join(REMEDIES.names)}\n"
        f"Sở Tư pháp,D3,làm,,2024-01-01,doing,,2024-05-05,,{note}\n",
        "elasticities.csv": f"indicator_code,component,low,high,stated_by,stated_on,note\n"
        f"pub_inv_disb_rate,D6,5,10,A,2024-05-05,{note}\n",
    }
    for name, text in files.items():
        (data_dir / name).write_text(text, encoding="utf-8")

    doubts = doubts_in(read_vintages(data_dir), DAY)

    told = [(each.file, each.row, each.column, each.expected_key) for each in doubts if each.file in files]
    assert sorted(told) == (
        []
        if note
        else [
            ("elasticities.csv", 2, "high", "doubt.large_effect"),
            ("remedies.csv", 2, "due", "doubt.due_before"),
        ]
    )
