"""Values that columns may hold: codes of indices, kinds of sources, components."""

from __future__ import annotations

from typing import Final

from forecast.base import spec

INDEX_CODES: Final = spec.INDEX_CODES
RELATED_CODES: Final = ("PAPI", "PCI", "DTI")
TRUST: Final = ("official", "press", "dataset preview", "copy", "derived")  # best first
UNITS: Final = ("percent", "points", "provinces")
STATISTICS: Final = (
    *("value", "mean", "max", "min", "count:above_mean", "count:above_80", "count:under_70"),
    *("count:group_A", "count:group_B", "count:group_C", "count:group_D"),
)
DOMAINS: Final = tuple(f"D{number}" for number in range(1, 9))
APPRAISED: Final = tuple(f"{domain}.appraised" for domain in DOMAINS[:-1])  # of a domain, without the survey
SOURCES: Final = ("appraised", "leaders_survey", "sipas", "outcome")  # where points come from
MAX_STATUS: Final = ("read", "assumed", "made_up")
STATES: Final = ("planned", "doing", "done", "dropped")  # of a remedy
# Of an indicator: grows from 1 January on; counts from 1 January without growing (a rate); stands by itself.
INDICATOR_KINDS: Final = ("cumulative", "to_date", "level")
FREQUENCIES: Final = ("day", "month", "quarter", "half_year", "year", "irregular")
UNIT_KINDS: Final = ("department", "district")
PARTS: Final = ("part.appraised", "part.leaders_survey", "part.survey", "part.impact")
COUNTRY: Final = "Việt Nam"
COMPONENTS: Final = {
    "PAR": ("total", *DOMAINS, "D8.sipas", "D8.outcome", *PARTS, *APPRAISED),
    "SIPAS": ("total", "access", "procedures", "officials", "results", "feedback"),
    "PAPI": ("total", *(f"P{number}" for number in range(1, 9))),
    "PCI": (
        *("total", "gia_nhap_thi_truong", "tiep_can_dat_dai", "tinh_minh_bach", "chi_phi_thoi_gian"),
        *("chi_phi_khong_chinh_thuc", "canh_tranh_binh_dang", "tinh_nang_dong", "ho_tro_doanh_nghiep"),
        *("dao_tao_lao_dong", "thiet_che_phap_ly"),
    ),
    "DTI": (
        *("total", "nhan_thuc_so", "the_che_so", "ha_tang_so", "nhan_luc_so", "an_toan_thong_tin"),
        *("hoat_dong_chinh_quyen_so", "hoat_dong_kinh_te_so", "hoat_dong_xa_hoi_so"),
        *("CQS", "KTS", "XHS"),
    ),
}
