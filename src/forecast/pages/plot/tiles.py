"""Place a tile for each province so that together they resemble the map of the country."""

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
_MAP_34: Final = """
.          | .           | Tuyên Quang     | Cao Bằng    | .           | .
Lai Châu   | Lào Cai     | Thái Nguyên     | Lạng Sơn    | .           | .
Điện Biên  | Sơn La      | Phú Thọ         | Bắc Ninh    | Quảng Ninh  | .
.          | .           | Hà Nội          | Hưng Yên    | Hải Phòng   | .
.          | .           | Thanh Hóa       | Ninh Bình   | .           | .
.          | .           | Nghệ An         | .           | .           | .
.          | .           | Hà Tĩnh         | .           | .           | .
.          | .           | .               | Quảng Trị   | .           | .
.          | .           | .               | Huế         | Đà Nẵng     | .
.          | .           | .               | .           | Quảng Ngãi  | .
.          | .           | .               | .           | Gia Lai     | .
.          | .           | .               | .           | Đắk Lắk     | .
.          | Tây Ninh    | Đồng Nai        | Lâm Đồng    | Khánh Hòa   | .
.          | Đồng Tháp   | TP. Hồ Chí Minh | .           | .           | .
An Giang   | Vĩnh Long   | .               | .           | .           | .
Cà Mau     | Cần Thơ     | .               | .           | .           | .
"""


def _places(drawn: str) -> dict[str, tuple[int, int]]:
    return {
        name: (row, column)
        for row, line in enumerate(drawn.strip().splitlines(), start=1)
        for column, name in enumerate((cell.strip() for cell in line.split("|")), start=1)
        if name != "."
    }


PLACES: Final = _places(_MAP)
# By how many provinces there are.
MAPS: Final = {len(places): places for places in (PLACES, _places(_MAP_34))}
WIDTH: Final = 6


def tile_places(areas: Iterable[str], provinces: int = len(PLACES)) -> dict[str, tuple[int, int]]:
    """Give row and column of each area's tile, from the north; those that are on no map come last.

    The map is that of as many provinces as there are in the year.
    """
    places = MAPS.get(provinces, PLACES)
    places_of = {area: places[area] for area in areas if area in places}
    first = 1 + max((row for row, _ in places_of.values()), default=0)
    others = [area for area in areas if area not in places]
    places_of |= {area: (first + k // WIDTH, 1 + k % WIDTH) for k, area in enumerate(others)}
    return dict(sorted(places_of.items(), key=lambda pair: pair[1]))
