"""What a heading of a list means: a column of the table, by its own name or in Vietnamese words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from forecast.base.spelling import plain_words
from forecast.data.tables import Table

_CODE: Final = r"ma( so)?( tieu chi( thanh phan)?)?|tieu chi( thanh phan)?|thanh phan"
_COMMON: Final = {
    "area": r"dia phuong|tinh( thanh pho)?",
    "year": r"nam( danh gia)?",
    "published_on": r"ngay cong bo",
    "source_url": r"nguon.*",
    "note": r"ghi chu",
    "max_score": r"diem toi da|thang diem|diem chuan",
    "trust": r"do tin cay",
}
_WORDINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "indicators": {
        "indicator_code": r"ma( so)?( chi tieu)?",
        "indicator_name_vi": r"(ten )?chi tieu|ten",
        "period": r"ky( so lieu| bao cao)?|thoi (gian|ky)",
        "value": r"gia tri|so lieu|ket qua",
        "unit": r"don vi( tinh)?|dvt",
        "linked_domain": r"linh vuc( lien quan)?",
    },
    "indicator-types": {
        "indicator_code": r"ma( so)?( chi tieu)?",
        "name_vi": r"(ten )?chi tieu|ten( tieng viet)?",
        "name_en": r"ten tieng anh",
        "unit": r"don vi( tinh)?|dvt",
        "component": r"linh vuc( lien quan)?|tieu chi",
        "sign": r"dau",
        "kind": r"loai",
        "frequency": r"dinh ky|ky cong bo",
        "source": r"nguon.*",
    },
    "elasticities": {
        "indicator_code": r"ma( so)?( chi tieu)?",
        "component": _CODE,
        "low": r"(muc )?thap|tu",
        "high": r"(muc )?cao|den",
        "stated_by": r"nguoi noi|chuyen gia|don vi|co quan( don vi)?",
        "stated_on": r"ngay( noi)?",
    },
    "criteria": {"component": _CODE, "score": r"diem( so| dat( duoc)?)?", "rank": r"(xep )?hang"},
    "self-scores": {
        "component": _CODE,
        "self_score": r"(diem )?tu (cham|danh gia)",
        "appraised_score": r"(diem )?tham dinh",
    },
    "remedies": {
        "unit": r"don vi|co quan( don vi)?",
        "component": _CODE,
        "action": r"viec( khac phuc| lam)?|noi dung.*|bien phap|giai phap",
        "responsible": r"(nguoi )?(phu trach|chiu trach nhiem)",
        "due": r"(thoi )?han.*",
        "state": r"tinh trang|trang thai|tien do",
        "expected_effect": r"(so )?diem du kien.*|tac dong du kien",
        "recorded_on": r"ngay ghi( nhan)?",
    },
}


def column_named(heading: str, kind: str, table: Table) -> str:
    """Column of the table that a heading means; an empty text for none."""
    words = plain_words(heading)
    own = next((name for name in table.names if plain_words(name) == words), "")
    wordings = {**_WORDINGS[kind], **{n: w for n, w in _COMMON.items() if n in table.names}}
    return own or next((name for name, wording in wordings.items() if re.fullmatch(wording, words)), "")
