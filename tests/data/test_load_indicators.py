"""The catalogue of indicators and what experts say, at the door: what is refused, with which words."""

import datetime as dt
import shutil
from pathlib import Path

import pytest

from forecast.base.errors import DataError
from forecast.data import load

REAL = Path(__file__).parents[2] / "data"
AS_OF = dt.date(2024, 10, 20)
TYPE = "new,Chỉ tiêu mới,,%,{component},{sign},{kind},month,{source},{lag},,,\n"
SAID = "indicator_code,component,low,high,stated_by,stated_on,note\n"


@pytest.fixture
def data(tmp_path):
    """A copy of the project's tables, to spoil."""
    folder = tmp_path / "data"
    shutil.copytree(REAL, folder)
    return folder


def refused(folder):
    """The one problem of a folder."""
    with pytest.raises(DataError) as caught:
        load.read(folder, as_of=AS_OF)
    (problem,) = caught.value.problems
    return problem


def type_row(**cells):
    """One row of the catalogue."""
    usual = {"component": "D6", "sign": 1, "kind": "level", "source": "", "lag": ""}
    return TYPE.format(**{**usual, **cells})


CASES = {
    "a component that is none": ("indicator_types", type_row(component="D9"), "component", "D8"),
    "a sign that is none": ("indicator_types", type_row(sign=2), "sign", "1"),
    "half a sign": ("indicator_types", type_row(sign=0.5), "sign", "cần một số nguyên"),
    "a kind that is none": ("indicator_types", type_row(kind="flow"), "kind", "cumulative"),
    "a related index that is none": (
        "indicator_types",
        type_row(source="related:XYZ:total"),
        "source",
        "related:DTI:total",
    ),
    "half a year of lag": ("indicator_types", type_row(lag=0.5), "lag", "cần một số nguyên"),
    "half a day": (
        "indicator_types",
        "new,Mới,,%,D6,1,level,month,,,1.5,,\n",
        "within_days",
        "cần một số nguyên",
    ),
    "a related index in capitals": (
        "indicator_types",
        type_row(source="Related:DTI:total"),
        "source",
        "related:DTI:total",
    ),
    "a figure of a related index": (
        "indicators",
        "dti_total,,TP.HCM,2023,50,,,http://x,2024-10-08,,press\n",
        "indicator_code",
        "related_indices.csv",
    ),
    "a domain that is another": (
        "indicators",
        "pub_inv_disb_rate,,TP.HCM,2024-01..2024-09,20,,D1,http://x,2024-10-08,,press\n",
        "linked_domain",
        "“D6”",
    ),
    "a code that is misspelt": (
        "indicators",
        "pub_inv_disb_rat,,TP.HCM,2024-01..2024-09,20,,,http://x,2024-10-08,,press\n",
        "indicator_code",
        "có phải “pub_inv_disb_rate”",
    ),
    "a code that the catalogue has": (
        "indicator_types",
        "grdp_growth,Tăng trưởng,,%,D8,1,to_date,,,,,,\n",
        "",
        "lặp lại khóa",
    ),
    "a figure whose code is unknown": (
        "indicators",
        "nowhere,,TP.HCM,2024-Q3,7,%,D8,http://x,2024-10-08,,press\n",
        "indicator_code",
        "chưa có trong danh mục indicator_types.csv; thêm một dòng vào danh mục",
    ),
    "a figure in another unit": (
        "indicators",
        "grdp_growth,,TP.HCM,2024-Q3,7,điểm,D8,http://x,2024-10-08,,press\n",
        "unit",
        "danh mục indicator_types.csv ghi chỉ tiêu grdp_growth là “%”",
    ),
    "a day that is none": (
        "indicators",
        "grdp_growth,,TP.HCM,2024-01..2024-02-30,7,,,http://x,2024-10-08,,press\n",
        "period",
        "2023-01..2023-10-19",
    ),
    "a range without width": (
        "elasticities",
        SAID + "pub_inv_disb_rate,D6,0.06,0.06,Sở Tài chính,2024-06-30,\n",
        "high",
        "mức cao phải trên mức thấp 0,06",
    ),
    "another component than the catalogue's": (
        "elasticities",
        SAID + "pub_inv_disb_rate,D5,0.03,0.06,Sở Tài chính,2024-06-30,\n",
        "component",
        "gắn chỉ tiêu pub_inv_disb_rate với “D6”",
    ),
    "an indicator that the catalogue lacks": (
        "elasticities",
        SAID + "pub_inv_disb_rat,D6,0.03,0.06,Sở Tài chính,2024-06-30,\n",
        "indicator_code",
        "pub_inv_disb_rate",
    ),
    "an expert without a name": (
        "elasticities",
        SAID + "pub_inv_disb_rate,D6,0.03,0.06,,2024-06-30,\n",
        "stated_by",
        "",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_told_in_its_place_with_what_to_do(case, data):
    """One slip, one problem: its file, its column and the words that help."""
    table, row, column, words = CASES[case]
    path = data / f"{table}.csv"
    path.write_text((path.read_text(encoding="utf-8") if path.exists() else "") + row, encoding="utf-8")

    found = refused(data)

    assert (found.file, found.column) == (path.name, column)
    assert words in found.text("vi")


def test_an_offices_older_tables_are_read_as_they_are(data):
    """Names, units and domains in every row, and no catalogue."""
    known = load.read(data, as_of=AS_OF)
    older = load.read_vintages(data).frames["indicators"].drop(columns="row")
    older.to_csv(data / "indicators.csv", index=False)
    (data / "indicator_types.csv").unlink()

    found = load.read(data, as_of=AS_OF)

    columns = ["indicator_code", "indicator_name_vi", "unit", "linked_domain", "area", "period", "value"]
    assert found.indicators[columns].equals(known.indicators[columns])
    assert found.indicator_types.empty


def test_columns_that_the_catalogue_makes_needless_may_be_left_out(data):
    """Code, area, period and value are enough, beside source and day."""
    path = data / "indicators.csv"
    path.write_text(
        "indicator_code,area,period,value,source_url,published_on,note,trust\n"
        "grdp_growth,TP.HCM,2024-01..2024-09,6.85,http://x,2024-10-08,,press\n",
        encoding="utf-8",
    )

    row = load.read(data, as_of=AS_OF).indicators.iloc[0]

    assert (row["indicator_name_vi"], row["unit"], row["linked_domain"]) == ("Tốc độ tăng GRDP", "%", "D8")


def test_of_each_expert_the_latest_word_of_the_day_counts(data):
    """A later statement takes the place of an earlier one; what was said after the day is not known."""
    rows = "".join(
        f"pub_inv_disb_rate,D6,{low},{low + 0.03},{who},{day},\n"
        for low, who, day in (
            (0.01, "A", "2023-06-30"),
            (0.03, "A", "2024-06-30"),
            (0.05, "B", "2024-06-30"),
            (0.09, "B", "2024-12-30"),
        )
    )
    (data / "elasticities.csv").write_text(SAID + rows, encoding="utf-8")

    found = load.read(data, as_of=AS_OF).elasticities

    assert dict(zip(found["stated_by"], found["low"], strict=True)) == {"A": 0.03, "B": 0.05}


def test_a_catalogue_that_is_not_there_is_told_once(data):
    """Not by every code that it would have."""
    (data / "indicator_types.csv").unlink()

    assert refused(data).expected_key == "expect.a_catalogue"
