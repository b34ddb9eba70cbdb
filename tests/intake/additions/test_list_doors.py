"""Lists and printed tables of indicators: what their doors refuse, ask and say.  All figures are made up."""

import datetime as dt

import openpyxl
import pytest

from forecast.base.errors import DataError
from forecast.data.load import rehearse
from forecast.intake.additions import append, lists, one_row
from forecast.intake.additions.indicator_names import short_forms
from forecast.intake.additions.periods import UnclearPeriodError, as_period, period_in
from forecast.intake.additions.province_rows import country_named

RATE = "pub_inv_disb_rate"
SOURCE = {"source_url": "Bảng giả định"}
HEAD = "indicator_code,area,period,value,published_on,source_url"


@pytest.fixture
def imported(data_dir, tmp_path):
    """Read lines of a CSV file as a list; give the proposal."""

    def go(*lines, kind="indicators", columns=(), suffix=".csv", **shared):
        path = tmp_path / f"list{suffix}"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return lists.rows_of_list(data_dir, path, kind, columns=columns, shared=shared)

    return go


@pytest.fixture
def refusal(imported):
    """Read lines that are refused; give what is told: row, column, key."""

    def go(*lines, **how):
        with pytest.raises(DataError) as refused:
            imported(*lines, **how)
        return [(each.row, each.column, each.expected_key) for each in refused.value.problems]

    return go


def printed(areas, *headings, title="Bảng giả định", figure=lambda n, _: str(20 + n % 50)):
    """Lines of a printed table of provinces, semicolons between its cells."""
    lines = [title, ";".join(["STT", "Địa phương", *headings])]
    body = (
        [str(n), area, *(figure(n, at) for at, _ in enumerate(headings))] for n, area in enumerate(areas, 1)
    )
    return [*lines, *map(";".join, body)]


ROW = f"{RATE},Hà Nội,2024-01..2024-06,41.5,2024-07-05,x"
REFUSED = {
    "a cut decimal comma": ([HEAD, ROW.replace("41.5", "41,5")], [(2, "G", "imports.beyond_heading")]),
    "a column twice": ([f"{HEAD},value", f"{ROW},3"], [(1, "G", "imports.heading_twice")]),
    "a source that nothing gives": (
        ["indicator_code,period,value,published_on", f"{RATE},2024-06,4,2024-07-05"],
        [(None, "", "imports.nowhere")],
    ),
    "an area that only the row above names": (
        [HEAD, ROW, ROW.replace("Hà Nội", "").replace("06,", "07,")],
        [(3, "B", "expect.something")],
    ),
    "a code in other letters": ([HEAD, ROW.replace(RATE, RATE.upper())], [(2, "A", "imports.code_letters")]),
    "another domain than the catalogue's": (
        [f"{HEAD},linked_domain", f"{ROW},D1"],
        [(2, "G", "expect.same_as_catalogue")],
    ),
    "a month that is none": (
        [HEAD, ROW.replace("2024-01..2024-06", "Tháng 13/2024")],
        [(2, "C", "expect.period")],
    ),
    "the last months of a year": (
        [HEAD, ROW.replace("2024-01..2024-06", "6 tháng cuối năm 2024")],
        [(2, "C", "expect.period")],
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_list_is_refused_at_its_cell(case, refusal):
    """Row and column of the file are named, by letter as in a workbook."""
    lines, told = REFUSED[case]

    assert refusal(*lines) == told


@pytest.mark.parametrize(
    ("headings", "how", "column", "key"),
    [
        (["Tháng 13/2024"], {}, "C", "imports.period"),
        (["Quý V/2024"], {}, "C", "imports.period"),
        (["31/02/2024"], {}, "C", "imports.period"),
        (["Từ 15/12/2023 đến 14/9/2024"], {}, "C", "imports.period"),
        (["6 tháng cuối năm 2024"], {}, "C", "imports.period"),
        (["Tháng 8 - tháng 9/2024"], {}, "C", "imports.period"),
        (["T1/2024", "T2/2024", "T3/2024", "Tháng 3/2024"], {}, "F", "imports.same_figures"),
        (["Tháng 3"], {"title": "Giải ngân năm 2024", "year": "2023"}, "", "imports.other_year"),
        ([f"Tháng {n % 12 + 1}/{2015 + n // 12}" for n in range(70)], {}, "", "imports.too_wide"),
    ],
)
def test_a_printed_table_is_refused_at_its_heading(headings, how, column, key, refusal, areas):
    """A period is read as what it is or not at all; no column is left out in silence."""
    title = how.pop("title", "Bảng giả định")
    lines = printed(areas[:8], *headings, title=title)

    told = refusal(*lines, indicator_code=RATE, **SOURCE, **how)

    assert (column, key) in {(own, name) for _, own, name in told}


@pytest.mark.parametrize(
    ("headings", "periods"),
    [(["2023", "2024"], {"2023", "2024"}), (["8/2024", "9/2024"], {"2024-01..2024-08", "2024-01..2024-09"})],
)
def test_numbers_as_headings_are_headings(headings, periods, imported, areas):
    """Years and months above “Địa phương”."""
    rows = imported(*printed(areas[:8], *headings), indicator_code=RATE, **SOURCE).rows

    assert {row["period"] for row in rows} == periods
    assert len(rows) == 16


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("Từ 01/01/2024 đến 31/8/2024", "2024-01..2024-08-31"),
        ("Lũy kế từ 01/01 đến 15/9/2024", "2024-01..2024-09-15"),
        ("Ước đến hết tháng 10/2024", "2024-01..2024-10"),
    ],
)
def test_a_run_from_the_first_of_january_is_one(text, period):
    """Two days in a heading are a run only if the first begins the year."""
    assert period_in([text], january=True) == period


READ = {  # kind, lines, column, what is read
    "domains by numeral, word and name": (
        "self-scores",
        [
            "Lĩnh vực;Năm;Tự chấm;Ngày công bố;Nguồn",
            *(
                f"{name};2023;5;2024-02-01;x"
                for name in ("I", "Cải cách thể chế", "Lĩnh vực 3", "d4", "5. Chế độ công vụ")
            ),
        ],
        "component",
        ["D1", "D2", "D3", "D4", "D5"],
    ),
    "a criterion beside its domain": (
        "self-scores",
        ["Lĩnh vực;Tiêu chí;Năm;Tự chấm;Nguồn", "Cải cách thể chế;D3;2023;5;x"],
        "component",
        ["D3"],
    ),
    "units in words": (
        "criteria",
        [
            "Lĩnh vực;Năm;Điểm;Unit;Ngày công bố;Nguồn",
            "VI;2023;5;điểm;2024-02-01;x",
            "D5;2023;50;%;2024-02-01;x",
        ],
        "unit",
        ["points", "percent"],
    ),
    "a figure that says percent": (
        "criteria",
        ["Lĩnh vực;Năm;Điểm;Ngày công bố;Nguồn", "iii;2023;85%;2024-02-01;x", "D5;2023;9;2024-02-01;x"],
        "unit",
        ["percent", "points"],
    ),
    "a heading that says percent": (
        "criteria",
        ["Lĩnh vực;Năm;Điểm (%);Ngày công bố;Nguồn", "iii;2023;85;2024-02-01;x", "D5;2023;90%;2024-02-01;x"],
        "unit",
        ["percent", "percent"],
    ),
    "a heading that is a rate": (
        "criteria",
        ["Lĩnh vực;Năm;Tỷ lệ đạt (%);Ngày công bố;Nguồn", "iii;2023;85;2024-02-01;x"],
        "unit",
        ["percent"],
    ),
    "a rate beside the points": (
        "criteria",
        ["Lĩnh vực;Năm;Điểm;Tỷ lệ %;Ngày công bố;Nguồn", "iii;2023;11;84,6;2024-02-01;x"],
        "unit",
        ["points"],
    ),
    "a heading that says points": (
        "criteria",
        ["Lĩnh vực;Năm;Điểm (điểm);Ngày công bố;Nguồn", "iii;2023;11;2024-02-01;x"],
        "unit",
        ["points"],
    ),
    "dimensions of another index": (
        "criteria",
        [
            "index_code;Lĩnh vực;Năm;Địa phương;Điểm;Ngày công bố;Nguồn",
            *(f"papi;{name};2023;Hà Nội;7;2024-04-02;x" for name in ("p1", "Kiểm soát tham nhũng")),
        ],
        "component",
        ["P1", "P4"],
    ),
    "who said it, when, and how": (
        "elasticities",
        [
            "Mã chỉ tiêu;Lĩnh vực;Thấp;Cao;Người nhận định;Ngày nhận định;Cách tính",
            f"{RATE};VI;0.03;0.06;Ông A;2024-05-05;kinh nghiệm",
        ],
        "note",
        ["kinh nghiệm"],
    ),
    "the state of a remedy": (
        "remedies",
        [
            "Đơn vị chủ trì;Lĩnh vực;Giải pháp khắc phục;Trạng thái;Ngày nhận định;Tồn tại, hạn chế",
            "Sở Tư pháp;III;làm;Đang triển khai;2024-05-05;chậm trễ",
        ],
        "state",
        ["doing"],
    ),
}


@pytest.mark.parametrize("case", READ)
def test_a_list_is_read_as_people_write_it(case, imported):
    """Domains, units and states in words become the values of the table."""
    kind, lines, column, told = READ[case]

    assert [row[column] for row in imported(*lines, kind=kind).rows] == told


WORDS = {  # as people write a period; by an indicator that counts from January, and by one that does not
    "9 tháng 2024": ("2024-01..2024-09", "2024-01..2024-09"),
    "9T/2024": ("2024-01..2024-09", "2024-01..2024-09"),
    "6 tháng đầu năm 2024": ("2024-01..2024-06", "2024-01..2024-06"),
    "6T đầu năm 2024": ("2024-01..2024-06", "2024-01..2024-06"),
    "Quý III/2024": ("2024-01..2024-09", "2024-Q3"),
    "Q3/2024": ("2024-01..2024-09", "2024-Q3"),
    "T9/2024": ("2024-01..2024-09", "2024-09"),
    "năm 2024": ("2024", "2024"),
    "2024-01..2024-09": ("2024-01..2024-09", "2024-01..2024-09"),
    "6 tháng cuối năm 2024": ("6 tháng cuối năm 2024",) * 2,  # none that can be written: refused as it stands
    "5 T9 2024": ("5 T9 2024",) * 2,
}


@pytest.mark.parametrize(("words", "periods"), WORDS.items())
def test_a_period_in_words_is_read_as_people_write_it(words, periods):
    """What is no period that can be written stays, and is refused with its own words."""
    assert tuple(as_period(words, january=january) for january in (True, False)) == periods


@pytest.mark.parametrize("words", ["9 tháng 2024", "Quý III/2024", "6 tháng cuối năm 2024"])
@pytest.mark.parametrize(("code", "kind"), [(RATE, 0), ("tthc_x", 1)])
def test_a_period_in_words_is_the_same_at_every_door(words, code, kind, data_dir, imported):
    """`add --period`, a cell of a list, and `import --period`."""
    cells = {"indicator_code": code, "area": "Hà Nội", "value": "40", "published_on": "2024-10-20", **SOURCE}
    cells |= {} if code == RATE else {"indicator_name_vi": "Giả định", "unit": "%", "linked_domain": "D3"}
    head, line = ",".join(cells), ",".join(cells.values())
    doors = (
        lambda: one_row.indicator(data_dir, period=words, **cells),
        lambda: imported(f"{head},period", f"{line},{words}"),
        lambda: imported(head, line, period=words),
    )

    for door in doors:
        if WORDS[words][kind] == words:
            with pytest.raises(DataError, match=words):
                door()
        else:
            assert [row["period"] for row in door().rows] == [WORDS[words][kind]]


@pytest.mark.parametrize("texts", [["131/12/2024"], ["Quý V", "Năm 2024"], ["Tuần 3", "2024"]])
def test_a_bad_period_is_not_read_as_another(texts):
    """Not as the end of its number, nor as the year above it."""
    with pytest.raises(UnclearPeriodError):
        period_in(texts, january=True)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        *(("TỔNG SỐ", True), ("Cả nước", True), ("Trung bình cả nước", True), ("Toàn quốc", True)),
        *(
            ("Tổng cộng", True),
            ("Bình quân chung cả nước", True),
            ("Việt Nam", True),
            ("Giá trị trung bình", True),
        ),
        *(("Cao nhất", False), ("Bộ Tài chính", False), ("Hà Nội", False), ("Tổng cục Thuế", False)),
    ],
)
def test_rows_that_mean_the_country(name, meant):
    """In one place, for all tables."""
    assert country_named(name) is meant


@pytest.mark.parametrize("name", ["TỔNG SỐ", "Cả nước", "Trung bình cả nước", "Toàn quốc"])
def test_the_country_is_an_area_of_printed_tables_and_lists(name, imported, areas):
    """The first row of most tables."""
    lines = printed(areas[:8], "Tháng 3/2024")
    table = [*lines[:2], f";{name};33", *lines[2:]]

    rows = imported(*table, indicator_code=RATE, **SOURCE).rows
    one = imported(HEAD, ROW.replace("Hà Nội", name)).rows

    assert [row["value"] for row in rows if row["area"] == "Việt Nam"] == ["33"]
    assert [row["area"] for row in one] == ["Việt Nam"]


NAMES = {
    "Điểm 766: công khai, minh bạch": "open",
    "Điểm 766: tiến độ, kết quả giải quyết": "progress",
    "Điểm 766: cung cấp dịch vụ công trực tuyến": "online",
    "Điểm 766: thanh toán trực tuyến": "payment",
    "Điểm 766: mức độ hài lòng": "satisfaction",
    "Điểm 766: số hóa hồ sơ": "digitised",
    "Số dịch vụ công trực tuyến": "count",
}
HEADINGS = {
    "Công khai, minh bạch": "open",
    "Tiến độ giải quyết": "progress",
    "Dịch vụ công trực tuyến": "online",
    "Cung cấp DVC trực tuyến": "online",
    "Thanh toán trực tuyến": "payment",
    "Mức độ hài lòng của người dân": "satisfaction",
    "Số hóa hồ sơ": "digitised",
    "Tỷ lệ thanh toán trực tuyến": None,
    "Trực tuyến": None,
    "Dân số": None,
}


def test_short_headings_of_a_group_of_indicators():
    """Those of the national portal; a rate is no score, and one word fits several."""
    from forecast.base.spelling import plain_words

    found = short_forms([*HEADINGS], [], NAMES)

    assert {text: found.get(plain_words(text)) for text in HEADINGS} == HEADINGS
    assert short_forms(["Dịch vụ công trực tuyến"], [], NAMES) == {}  # nothing says that it is this group


def test_a_table_of_the_portal_is_read_whole(imported, areas):
    """Its own headings, a title that names the group."""
    title = "BỘ CHỈ SỐ PHỤC VỤ NGƯỜI DÂN, DOANH NGHIỆP THÁNG 9 NĂM 2024"
    headings = [
        "Tiến độ giải quyết",
        "Dịch vụ công trực tuyến",
        "Mức độ hài lòng",
        "Số hóa hồ sơ",
        "Tổng điểm",
    ]

    rows = imported(*printed(areas[:8], *headings, title=title), **SOURCE).rows

    names = ("progress", "online", "satisfaction", "digitised", "total")
    assert {row["indicator_code"] for row in rows} == {f"p766_{name}" for name in names}
    assert len(rows) == 40


KNOWN = [
    f"{RATE},{area},2023-01..2023-06,{value},2023-07-05,x"
    for area, value in (("Hà Nội", 40), ("Đà Nẵng", 35))
]
DOUBTED = {
    "below zero": (f"{RATE},Hà Nội,2024-01..2024-06,-41.5,2024-07-05,x", "doubt.negative"),
    "over the whole": (f"{RATE},Hà Nội,2024-01..2024-06,415,2024-07-05,x", "doubt.over_whole"),
    "a run that falls": (f"{RATE},Hà Nội,2024-01..2024-06,3,2024-07-05,x", "doubt.cumulative"),
    "long before the end": (f"{RATE},Hà Nội,2024-01..2024-06,41.5,2024-06-05,x", "doubt.before_end"),
    "before it began": (f"{RATE},Hà Nội,2024-03..2024-06,41.5,2024-02-05,x", "doubt.before_period"),
    "years of months": (f"{RATE},Hà Nội,2021-07..2024-07,41.5,2024-08-05,x", "doubt.long_period"),
    "a plan of many years": (f"{RATE},Hà Nội,2018..2023,41.5,2024-08-05,x", "doubt.long_period"),
    "two figures of one page": (f"{RATE},Hà Nội,2024-01..2024-05,38,2024-06-05,x", "doubt.two_values"),
    "dossiers with decimals": ("tthc_dossiers_late,Hà Nội,2024,12.345,2025-01-05,x", "doubt.not_whole"),
    "half a dossier": ("tthc_dossiers_late,Hà Nội,2024,1234.5,2025-01-05,x", "doubt.part_of_one"),
    "above a longer run": (f"{RATE},Hà Nội,2024-01..2024-03,36,2024-04-05,x", "doubt.above_longer"),
}


@pytest.mark.parametrize("case", DOUBTED)
def test_an_odd_figure_is_asked(case, imported):
    """Beside what stands above it in the same list; a sound one is not."""
    line, key = DOUBTED[case]
    before = [
        f"{RATE},Hà Nội,2024-01..2024-05,34,2024-06-05,x",
        f"{RATE},Hà Nội,2024-01..2024-04,30,2024-05-05,x",
    ]

    (doubt,) = imported(HEAD, *before, line).doubts

    assert (doubt.row, doubt.expected_key) == (4, key)
    assert not imported(HEAD, *before, ROW).doubts


@pytest.mark.parametrize("period", ["2021-08..2024-07", "2019..2023"])
def test_a_plan_and_three_years_of_months_are_no_long_periods(period, imported):
    """The longest that is not asked about."""
    assert not imported(HEAD, f"{RATE},Hà Nội,{period},41.5,2024-08-05,x").doubts


@pytest.mark.parametrize(
    ("code", "months", "left", "told"),
    [
        (RATE, 9, 8, True),
        (RATE, 9, 4, True),
        (RATE, 9, 2, False),
        (RATE, 8, 8, False),
        ("tthc_total", 9, 8, False),
    ],
)
def test_a_list_of_the_month_before_is_one_question(code, months, left, told, imported, areas):
    """All of it or a part; not another source of the very month, nor a count that stays as it is."""
    before = [f"{code},{area},2024-01..2024-08,{30 + n},2024-09-05,x" for n, area in enumerate(areas[:8])]
    lines = [
        f"{code},{area},2024-01..2024-0{months},{30 + n + 5 * (n >= left)},2024-10-05,y"
        for n, area in enumerate(areas[:8])
    ]

    append.append(imported(HEAD, *before))
    doubts = imported(HEAD, *lines).doubts

    assert [doubt.expected_key for doubt in doubts] == ["doubt.other_period"] * told


@pytest.mark.parametrize(
    ("year", "figures", "told"),
    [  # self-score and appraisal of D1 to D5; of 2022 they are 8.1 and 7.9, 9 and 8.6, ...
        (2023, ["8.2,8", "9.1,8.7", "9.9,9.5", "8.3,8.1", "10,9.9"], []),
        (2023, ["8,8.2", "8.7,9.1", "9.5,9.9", "8.1,8.3", "10,9.9"], ["doubt.self_below"]),
        (2023, ["8,8.2", "8.7,9.1", "9.5,9.9", "8.3,8.1", "10,9.9"], []),
        (2023, ["8.1,", "9,", "9.8,", "8.2,", "9.9,"], ["doubt.copy"]),
        (2021, ["8.1,", "9,", "9.8,", "8.2,", "9.9,"], []),  # of an earlier year, so the later one is asked
    ],
)
def test_self_scores_of_another_column_or_year_are_one_question(year, figures, told, imported):
    """Most are below their appraisal, or those of a year before."""
    head = "area,year,component,self_score,appraised_score,published_on,source_url"
    known = ["8.1,7.9", "9,8.6", "9.8,9.4", "8.2,8", "9.9,9.8"]

    def lines(of_year, pairs):
        day = f"{of_year + 1}-04-17"
        return [f"Hà Nội,{of_year},D{n},{pair},{day},giả định" for n, pair in enumerate(pairs, 1)]

    append.append(imported(head, *lines(2022, known), kind="self-scores"))
    doubts = imported(head, *lines(year, figures), kind="self-scores").doubts

    assert [doubt.expected_key for doubt in doubts] == told


def test_a_figure_far_above_all_others_is_asked(imported, areas):
    """A lost decimal mark: 20 times the largest of the rest, wherever it stands among them."""
    for place in (2, 5):
        lines = [
            f"new_firms_x,Giả định,dự án,{area},2024-01..2024-06,{90 + n},2024-07-05,x"
            for n, area in enumerate(areas[:7])
        ]
        lines[place] = lines[place].replace(f",{90 + place},", ",9100,")
        head = HEAD.replace("indicator_code,", "indicator_code,indicator_name_vi,unit,")

        (doubt,) = imported(head, *lines).doubts

        assert (doubt.row, doubt.column, doubt.value, doubt.expected_key) == (
            place + 2,
            "F",
            "9100",
            "doubt.far",
        )
        assert doubt.expected_facts["known"] == 96


@pytest.mark.parametrize(
    ("low", "high", "keys"),
    [
        (0.03, 0.06, set()),
        (-0.02, 0.06, set()),
        (-0.06, -0.03, {"doubt.other_sign"}),
        (0.1, 0.6, set()),
        (-5, 10, {"doubt.large_effect"}),
        (3, 60, {"doubt.above_maximum"}),
    ],
)
def test_an_expert_is_asked_again(low, high, keys, imported):
    """Against the catalogue's sign, or more than the domain's points for one unit or the usual change."""
    lines = [
        "indicator_code,component,low,high,stated_by,stated_on",
        f"{RATE},D6,{low},{high},Sở Tài chính,2024-10-01",
    ]

    doubts = imported(*lines, kind="elasticities").doubts

    assert {doubt.expected_key for doubt in doubts} == keys


@pytest.mark.parametrize(
    ("rows", "doubted"),
    [
        (["làm,2024-12-30,planned,2024-05-05"], []),
        (["làm,2024-01-01,doing,2024-05-05"], [2]),
        (
            ["làm,2024-01-01,done,2024-05-05", "thôi,2024-01-01,dropped,2024-05-05", "bàn,,doing,2024-05-05"],
            [],
        ),
        (["làm,2024-04-30,planned,2024-01-05", "làm,2024-04-30,doing,2024-05-05"], []),
        (["làm,2024-12-30,planned,2024-01-05", "làm,2023-12-30,doing,2024-05-05"], [3]),
    ],
)
def test_a_remedy_due_before_it_was_recorded_is_asked_about(rows, doubted, imported):
    """Not one that is done, nor one that is overdue by now."""
    lines = ["unit,component,action,due,state,recorded_on", *(f"Sở Tư pháp,D3,{row}" for row in rows)]

    doubts = imported(*lines, kind="remedies").doubts

    assert [(each.row, each.column, each.expected_key) for each in doubts] == [
        (row, "D", "doubt.due_before") for row in doubted
    ]


def test_with_insisting_only_the_doubted_rows_say_so(imported):
    """The others keep an empty note."""
    proposal = imported(HEAD, ROW, ROW.replace("Hà Nội", "Đà Nẵng").replace("41.5", "415"))

    entry = append.append(proposal, insist=True, who="thử")

    assert [bool(row["note"]) for row in entry.rows] == [False, True]


def test_a_doubt_shows_the_figure_as_it_is_printed(imported):
    """With its own decimals and marks."""
    (doubt,) = imported(HEAD.replace(",", ";"), ROW.replace(",", ";").replace("41.5", "415,50")).doubts

    assert doubt.value == "415,50"
    assert "cột D, gặp “415,50”" in doubt.text("vi")


def test_remarks_name_what_no_forecast_uses(imported, data_dir):
    """Figures without a day, runs that do not begin in January, indicators outside the catalogue."""
    head = "indicator_code,indicator_name_vi,unit,area,period,value,published_on,source_url"
    lines = [
        f"{RATE},,,Hà Nội,2024-03..2024-06,41.5,2024-07-05,x",
        f"{RATE},,,Đà Nẵng,2024-01..2024-06,41.5,,x",
        "moi_x,Giả định,tỷ đồng,Hà Nội,2024-01..2024-06,41.5,2024-07-05,x",
    ]

    facts = {remark.key: remark.facts for remark in imported(head, *lines).remarks}

    assert facts["imports.undated"] == {"count": 1}
    assert facts["imports.not_from_january"] == {"count": 1}
    assert facts["additions.not_in_catalogue"] == {"code": "moi_x"}


def test_the_preview_shows_new_figures_beside_those_of_other_sources(imported):
    """Equal ones are counted, others listed with the known figure and its source."""
    append.append(imported(HEAD, ROW, ROW.replace("Hà Nội", "Đà Nẵng")), insist=True, who="thử")
    other = ROW.replace(",x", ",Nguồn khác")

    compared = imported(
        HEAD, other, other.replace("Hà Nội", "Đà Nẵng").replace("41.5", "43"), other.replace("06", "05")
    ).compared

    (cell,) = compared.different
    assert (compared.new, compared.same) == (1, 1)
    assert (cell.known, cell.new, cell.source) == (41.5, 43, "x")


def test_a_line_of_the_catalogue_that_stands_is_to_be_edited_there(refusal, imported, data_dir):
    """With file and row; a code in other letters is no second code."""
    lines = (data_dir / "indicator_types.csv").read_text(encoding="utf-8").splitlines()
    at = next(number for number, line in enumerate(lines, 1) if line.startswith(f"{RATE},"))
    line = lines[at - 1]

    assert not imported(lines[0], line, kind="indicator-types").rows
    assert refusal(lines[0], line.replace(",D6,", ",D7,"), kind="indicator-types") == [
        (2, "E", "imports.edit_row")
    ]
    assert refusal(lines[0], line.replace(RATE, RATE.title()), kind="indicator-types") == [
        (2, "A", "imports.code_letters")
    ]
    rehearse(data_dir, "indicator_types.csv", (data_dir / "indicator_types.csv").read_bytes())


def test_a_day_that_excel_made_of_a_month_is_asked_about(data_dir, tmp_path):
    """6/2024 typed into a workbook is stored as 1 June; another day is read as the same day in words."""
    book = openpyxl.Workbook()
    for row in (
        ["indicator_code", "area", "period", "value"],
        [RATE, "Hà Nội", dt.date(2024, 6, 30), 41.5],
        [RATE, "Hà Nội", dt.date(2024, 6, 1), 41.5],
    ):
        book.active.append(row)
    book.save(path := tmp_path / "list.xlsx")
    shared = {**SOURCE, "published_on": "2024-07-05"}

    with pytest.raises(DataError) as refused:
        lists.rows_of_list(data_dir, path, "indicators", shared=shared)
    told = [(each.row, each.column, each.expected_key) for each in refused.value.problems]
    assert told == [(3, "C", "imports.period_day")]

    book.active.delete_rows(3)
    book.save(path)
    period = lists.rows_of_list(data_dir, path, "indicators", shared=shared).rows[0]["period"]
    assert period == "2024-01..2024-06"


@pytest.mark.parametrize(
    ("changed", "by", "told"), [(8, 5, True), (5, 5, True), (4, 5, False), (8, 1, False)]
)
def test_a_list_of_a_period_that_stands_with_other_figures_is_one_question(
    changed, by, told, imported, areas
):
    """Its month is mistyped; corrections of a few figures, or small ones of all, are none."""
    before = [f"{RATE},{area},2024-01..2024-08,{30 + n},2024-09-05,x" for n, area in enumerate(areas[:8])]
    lines = [
        f"{RATE},{area},2024-01..2024-08,{30 + n + by * (n < changed)},2024-10-05,y"
        for n, area in enumerate(areas[:8])
    ]

    append.append(imported(HEAD, *before))
    doubts = imported(HEAD, *lines).doubts

    assert [doubt.expected_key for doubt in doubts] == ["doubt.unlike_standing"] * told


@pytest.mark.parametrize("mark", ["\t", ";"])
def test_a_table_that_excel_saved_as_unicode_text_is_read(data_dir, tmp_path, mark):
    """Its first bytes say that it is UTF-16; tabs or semicolons stand between the cells."""
    path = tmp_path / "bang.txt"
    path.write_bytes(f"{HEAD}\n{ROW}".replace(",", mark).encode("utf-16"))
    [row] = lists.rows_of_list(data_dir, path, "indicators").rows
    assert (row["area"], row["value"]) == ("Hà Nội", "41.5")


def test_a_day_of_any_form_is_that_day_where_one_row_is_added(data_dir):
    """One reader of days serves the options too."""
    cells = {"index_code": "PAR", "year": "2023", "what": "1/QĐ", "known_on": "5/1/2023"}
    assert one_row.event(data_dir, **cells).rows[0]["known_on"] == "2023-01-05"


@pytest.mark.parametrize(("step", "told"), [(0, ""), (1, "above"), (-1, "below"), (5, "")])
def test_a_list_one_row_apart_from_its_names_is_one_question(step, told, imported, areas):
    """Each province has the figure of the one above or below, as the list of the month before tells."""
    levels = [30 + (7 * n) % 31 for n in range(30)]
    before = [f"{RATE},{area},2024-01..2024-07,{levels[n]},2024-08-05,x" for n, area in enumerate(areas[:30])]
    lines = [
        f"{RATE},{area},2024-01..2024-08,{levels[(n - step) % 30] + 2.5},2024-09-05,y"
        for n, area in enumerate(areas[:30])
    ]

    append.append(imported(HEAD, *before))
    doubts = imported(HEAD, *lines).doubts

    sides = [each.expected_facts["side"].key for each in doubts if "side" in each.expected_facts]
    assert sides == ([f"imports.row_{told}"] if told else [])
    assert len(doubts) == 1 or not told


SELF = "Năm;Lĩnh vực;Điểm tự chấm;Điểm tối đa"
REMEDY = "Đơn vị;Tiêu chí;Nội dung khắc phục;Thời hạn;Tình trạng"
NAMED = "Chỉ tiêu;Địa phương;Kỳ;Giá trị"


@pytest.mark.parametrize(
    ("closing", "doubts"),
    [
        (["Tổng cộng;;19;19,5"], []),
        ([";Tổng điểm;19;19,5"], []),
        (["Tổng cộng;;18;19,5"], ["doubt.sum_of_list"]),
        ([], []),
    ],
)
def test_a_closing_row_is_read_past_and_held_against_the_rows(imported, closing, doubts):
    """A sum is no row of the table; one that the rows do not make is asked about."""
    read = imported(
        SELF,
        "2023;D1;9;9,5",
        "2023;D2;10;10",
        *closing,
        kind="self-scores",
        published_on="2024-04-17",
        **SOURCE,
    )
    assert [row["component"] for row in read.rows] == ["D1", "D2"]
    assert [doubt.expected_key for doubt in read.doubts if "sum" in doubt.expected_key] == doubts
    assert bool(closing) == ("imports.closing_row" in {remark.key for remark in read.remarks})


@pytest.mark.parametrize(
    ("name", "code", "key"),
    [
        ("Tốc độ tăng GRDP", "grdp_growth", ""),
        ("tốc độ tăng grdp", "grdp_growth", ""),
        ("Tốc độ tăng GRDPP", "", "imports.no_such_name_near"),
        ("Xyz", "", "imports.no_such_name"),
    ],
)
def test_an_indicator_may_be_named_without_its_code(imported, refusal, name, code, key):
    """Its exact name is one indicator's; another one is told, with the nearest."""
    lines = [NAMED, f"{name};Hà Nội;9 tháng 2023;5,5", "Tốc độ tăng GRDP;Hà Giang;9 tháng 2023;5,7"]
    if key:
        assert (2, "A", key) in refusal(*lines, published_on="2023-10-05", **SOURCE)
    else:
        rows = imported(*lines, published_on="2023-10-05", **SOURCE).rows
        assert {row["indicator_code"] for row in rows} == {code}


@pytest.mark.parametrize(
    ("value", "code", "told"),
    [
        ("11.512,5 tỷ đồng", "budget_revenue", "11512.5"),
        ("11512 tỉ đồng", "budget_revenue", "11512"),
        ("5,5 %", "grdp_growth", "5.5"),
        ("5,5 phần trăm", "grdp_growth", "5.5"),
        ("5,5 %", "budget_revenue", "imports.other_unit"),
        ("12.345 triệu đồng", "budget_revenue", "imports.other_unit"),
        ("12.345 tỷ đồng", "budget_revenue", "imports.thousands"),
    ],
)
def test_a_value_may_be_written_with_its_unit(data_dir, imported, value, code, told):
    """The unit must be the indicator's, in a list as where one row is added."""
    cells = {"indicator_code": code, "area": "Hà Nội", "period": "2023-01..2023-09", "value": value}
    cells |= {"published_on": "2023-10-05", **SOURCE}
    heading = "indicator_code;area;period;value"
    line = f"{code};Hà Nội;2023-01..2023-09;{value}"
    for door in (
        lambda: one_row.indicator(data_dir, **cells),
        lambda: imported(heading, line, published_on="2023-10-05", **SOURCE),
    ):
        try:
            said = door().rows[0]["value"]
        except DataError as error:
            said = error.problems[0].expected_key
        assert said == told


@pytest.mark.parametrize(
    ("due", "day"),
    [
        ("Quý III/2024", "2024-09-30"),
        ("tháng 9/2024", "2024-09-30"),
        ("6 tháng đầu năm 2024", "2024-06-30"),
        ("cuối năm 2024", "2024-12-31"),
        ("trước ngày 30/6/2024", "2024-06-30"),
        ("30/6/2024", "2024-06-30"),
        ("31/6/2024", "expect.real_day"),
        ("quý III", "imports.due"),
        ("hằng năm", "imports.due"),
    ],
)
def test_a_period_in_which_something_is_due_ends_on_its_last_day(imported, refusal, due, day):
    """How it was read is said; a period without its year is told."""
    lines = [REMEDY, f"Sở Nội vụ;D1;Họp;{due};đang làm"]
    shared = {"kind": "remedies", "recorded_on": "2024-04-17", **SOURCE}
    if day.startswith("2024"):
        read = imported(*lines, **shared)
        assert read.rows[0]["due"] == day
        assert ("imports.due_read" in {remark.key for remark in read.remarks}) == (due != "30/6/2024")
    else:
        assert refusal(*lines, **shared) == [(2, "D", day)]


def test_words_merged_over_rows_hold_for_each_and_figures_do_not(data_dir, tmp_path):
    """A unit that answers for three remedies is written once; an effect may be that of all."""
    book = openpyxl.Workbook()
    head = ["Đơn vị", "Tiêu chí", "Nội dung khắc phục", "Thời hạn", "Tình trạng", "Số điểm dự kiến"]
    for row in (
        head,
        ["Sở Nội vụ", "D1", "Họp", "30/9/2024", "đang làm"],
        [None, "D2", "Rà soát", None, "đang làm"],
    ):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    book.active.merge_cells("D2:D3")
    book.save(tmp_path / "list.xlsx")
    shared = {"recorded_on": "2024-04-17", **SOURCE}
    rows = lists.rows_of_list(data_dir, tmp_path / "list.xlsx", "remedies", shared=shared).rows
    assert [(row["unit"], row["due"]) for row in rows] == [("Sở Nội vụ", "2024-09-30")] * 2
    book.active["F2"] = 0.5
    book.active.merge_cells("F2:F3")
    book.save(tmp_path / "list.xlsx")
    with pytest.raises(DataError) as refused:
        lists.rows_of_list(data_dir, tmp_path / "list.xlsx", "remedies", shared=shared)
    assert [(each.cell, each.expected_key) for each in refused.value.problems] == [
        ("F3", "imports.cell_merged")
    ]
