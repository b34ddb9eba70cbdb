"""Where each province's tile lies: the country from north to south, as near to its map as equal tiles can."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_MAP: Final = """
.          | .           | Hà Giang       | Cao Bằng          | .           | .
Lai Châu   | Lào Cai     | Tuyên Quang    | Bắc Kạn           | Lạng Sơn    | .
Điện Biên  | Yên Bái     | Phú Thọ        | Thái Nguyên       | Bắc Giang   | Quảng Ninh
Sơn La     | Hòa Bình    | Vĩnh Phúc      | Bắc Ninh          | Hải Dương   | Hải Phòng
.          | .           | Hà Nội         | Hưng Yên          | Thái Bình   | .
.          | .           | Hà Nam         | Nam Định          | .           | .
.          | .           | Thanh Hóa      | Ninh Bình         | .           | .
.          | .           | Nghệ An        | .                 | .           | .
.          | .           | Hà Tĩnh        | .                 | .           | .
.          | .           | .              | Quảng Bình        | .           | .
.          | .           | .              | Quảng Trị         | .           | .
.          | .           | .              | Thừa Thiên Huế    | Đà Nẵng     | .
.          | .           | .              | .                 | Quảng Nam   | .
.          | .           | .              | Kon Tum           | Quảng Ngãi  | .
.          | .           | .              | Gia Lai           | Bình Định   | .
.          | .           | .              | Đắk Lắk           | Phú Yên     | .
.          | .           | Bình Phước     | Đắk Nông          | Khánh Hòa   | .
.          | Tây Ninh    | Bình Dương     | Lâm Đồng          | Ninh Thuận  | .
.          | Long An     | TP. Hồ Chí Minh | Đồng Nai         | Bình Thuận  | .
An Giang   | Đồng Tháp   | Tiền Giang     | Bà Rịa - Vũng Tàu | .           | .
Kiên Giang | Cần Thơ     | Vĩnh Long      | Bến Tre           | .           | .
.          | Hậu Giang   | Sóc Trăng      | Trà Vinh          | .           | .
Cà Mau     | Bạc Liêu    | .              | .                 | .           | .
"""
PLACES: Final = {
    name: (row, column)
    for row, line in enumerate(_MAP.strip().splitlines(), start=1)
    for column, name in enumerate((cell.strip() for cell in line.split("|")), start=1)
    if name != "."
}
WIDTH: Final = 6


def placed(areas: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Give row and column of each area's tile, from the north; those that are on no map come last."""
    found = {area: PLACES[area] for area in areas if area in PLACES}
    first = 1 + max((row for row, _ in found.values()), default=0)
    others = [area for area in areas if area not in PLACES]
    found |= {area: (first + k // WIDTH, 1 + k % WIDTH) for k, area in enumerate(others)}
    return dict(sorted(found.items(), key=lambda pair: pair[1]))
