"""Areas: one spelling each, whatever people type."""

import datetime as dt
import functools
import shutil
import unicodedata
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.base.errors import DataError
from forecast.base.spelling import without_marks
from forecast.data import load
from forecast.data.load.areas import Gazetteer, fold, gazetteer

REAL = Path(__file__).parents[2] / "data"


@functools.cache
def places() -> Gazetteer:
    """The gazetteer of the real table."""
    return gazetteer(load.read(REAL, as_of=dt.date(2024, 10, 20)).areas)[0]


NAMES = tuple(pd.read_csv(REAL / "areas.csv")["area"])


def test_there_are_63_provinces_in_six_regions():
    """The administrative map of 2012 to 2024."""
    areas = load.read(REAL, as_of=dt.date(2024, 10, 20)).areas
    provinces = areas.loc[areas["kind"] == "province"]

    assert provinces.groupby("region").size().to_dict() == {
        "Trung du miền núi phía Bắc": 14,
        "Đồng bằng sông Hồng": 11,
        "Bắc Trung Bộ và Duyên hải miền Trung": 14,
        "Tây Nguyên": 5,
        "Đông Nam Bộ": 6,
        "Đồng bằng sông Cửu Long": 13,
    }


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("TP.HCM", "TP. Hồ Chí Minh"),
        ("TPHCM", "TP. Hồ Chí Minh"),
        ("Tp. Hồ Chí Minh", "TP. Hồ Chí Minh"),
        ("T.P Hồ Chí Minh", "TP. Hồ Chí Minh"),
        ("Thành phố Hồ Chí Minh", "TP. Hồ Chí Minh"),
        ("Ho Chi Minh City", "TP. Hồ Chí Minh"),
        ("HCMC", "TP. Hồ Chí Minh"),
        ("sai gon", "TP. Hồ Chí Minh"),
        ("BR-VT", "Bà Rịa - Vũng Tàu"),
        ("Bà Rịa–Vũng Tàu", "Bà Rịa - Vũng Tàu"),
        ("Ba Ria Vung Tau", "Bà Rịa - Vũng Tàu"),
        ("Thừa Thiên - Huế", "Thừa Thiên Huế"),
        ("tỉnh Hoà Bình", "Hòa Bình"),
        ("tinh an giang", "An Giang"),
        ("An Giang (tỉnh)", "An Giang"),
        ("Hồ Chí Minh (TP.)", "TP. Hồ Chí Minh"),
        ("HOÀ BÌNH", "Hòa Bình"),
        ("Thanh Hoá", "Thanh Hóa"),
        ("Khánh Hoà", "Khánh Hòa"),
        ("Đắc Lắc", "Đắk Lắk"),
        ("Dak Nong", "Đắk Nông"),
        ("Hanoi", "Hà Nội"),
        ("Cả nước", "Việt Nam"),
        ("ĐBSCL", "Đồng bằng sông Cửu Long"),
        ("TP.HCM/Quận 1", "TP. Hồ Chí Minh/Quận 1"),
        ("TPHCM / Sở Công Thương", "TP. Hồ Chí Minh/Sở Công Thương"),
        ("Hà Nôi", None),  # marks are either right or wholly left out
        ("Tỉnh", None),
        ("TP.", None),
        ("", None),
        ("/Quận 1", None),
        ("TP.HCM/", None),
        ("Sài", None),
        ("Hà Nội,2023", None),
        ("Hà Nội, Huế", None),
        ("(tỉnh)", None),
    ],
)
def test_spellings_by_hand(found, expected):
    """What is written in the press and typed by people."""
    assert places().find(found) == expected


@pytest.mark.parametrize(
    ("found", "near"),
    [("Hà Nộii", "Hà Nội"), ("Hà Nôi", "Hà Nội"), ("Bình Dươg", "Bình Dương"), ("zzzz", "")],
)
def test_the_nearest_is_named(found, near):
    """A typing error is one word away from its mending."""
    assert places().nearest(found) == near


@given(st.sampled_from(NAMES), st.booleans(), st.booleans(), st.sampled_from(["NFC", "NFD"]))
def test_every_area_is_found_in_every_form(name, loud, bare, form):
    """Capitals, decomposed letters and missing marks lead to the one spelling."""
    written = without_marks(name) if bare else name
    written = unicodedata.normalize(form, written.upper() if loud else written)

    assert places().find(f"  {written} ") == name


@given(st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_two_areas_never_fold_into_one(one, other):
    """Hà Giang is not Hậu Giang, with marks or without."""
    same = fold(one) == fold(other) or fold(without_marks(one)) == fold(without_marks(other))

    assert same == (one == other)


@given(st.text(max_size=20))
def test_any_text_is_found_or_not(text):
    """No text makes the search fail, and what is found is a known area or a unit below one."""
    found = places().find(text)

    assert found is None or found.split("/")[0] in NAMES


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "An Giang,province,Đồng bằng sông Cửu Long",
            "An Giang,province,Đồng bằng sông Cửu Lon",
            "areas.csv, row 65, column region, found “Đồng bằng sông Cửu Lon”: unknown value; did you mean",
        ),
        (
            "An Giang,province",
            "An Giangg,province",
            "lineage.csv, row 2, column part, found “An Giang”: unknown value; did you mean “An Giangg”?",
        ),
    ],
    ids=["region", "province"],
)
def test_a_misspelt_province_or_region_is_refused(old, new, said, tmp_path):
    """Else there is a province more, or the mean of a region is one of fewer provinces."""
    shutil.copytree(REAL, tmp_path / "data")
    table = tmp_path / "data" / "areas.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    with pytest.raises(DataError) as caught:
        load.read_vintages(tmp_path / "data")

    assert said in caught.value.text("en")
    assert len(caught.value.problems) == 1
