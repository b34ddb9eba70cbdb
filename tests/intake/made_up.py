"""Made-up tables of 63 provinces, printed as the Ministry and others print theirs; no figure is real."""

import csv
import random
from pathlib import Path

import openpyxl

from forecast.data.tables import COMPONENTS, DOMAINS

MAXIMA = {"D1": 9.5, "D2": 10.0, "D3": 13.0, "D4": 10.5, "D5": 15.0, "D6": 12.0, "D7": 13.5, "D8": 16.5}
NAMES = (
    *("Công tác chỉ đạo, điều hành CCHC", "Cải cách thể chế", "Cải cách thủ tục hành chính"),
    *("Cải cách tổ chức bộ máy hành chính nhà nước", "Cải cách chế độ công vụ", "Cải cách tài chính công"),
    "Xây dựng và phát triển chính quyền điện tử, chính quyền số",
    "Tác động của CCHC đến người dân, tổ chức và phát triển KT-XH",
)
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")
SPELLINGS = {
    "TP. Hồ Chí Minh": "TP. Hồ Chí Minh",
    "Hà Nội": "TP. Hà Nội",
    "Hòa Bình": "Hoà Bình",
    "Thừa Thiên Huế": "Thừa Thiên - Huế",
    "Bà Rịa - Vũng Tàu": "Bà Rịa-Vũng Tàu",
    "Đắk Lắk": "ĐẮK LẮK",
    "Đà Nẵng": "Thành phố Đà Nẵng",
}
NOTE = "Số liệu giả định"


def provinces(data_dir: Path) -> list[str]:
    """The 63 names."""
    with (data_dir / "areas.csv").open(encoding="utf-8") as handle:
        return [row["area"] for row in csv.DictReader(handle) if row["kind"] == "province"]


def par(areas, year):
    """Points by area and domain: each province keeps most of its own level from year to year."""
    own, rng = random.Random(1), random.Random(year)  # noqa: S311
    points = {}
    for area in areas:
        usual = {name: own.uniform(0.70, 0.95) for name in DOMAINS}
        share = {name: min(0.995, max(0.4, usual[name] + rng.gauss(0, 0.02))) for name in DOMAINS}
        points[area] = {name: round(share[name] * MAXIMA[name], 2) for name in DOMAINS}
    return points


def other(areas, index_code, year):
    """Figures of PAPI, PCI, DTI or SIPAS by area and component, the total among them."""
    own, rng = random.Random(2), random.Random(year)  # noqa: S311
    names = [name for name in COMPONENTS[index_code] if name not in ("total", "CQS", "KTS", "XHS")]
    scale = {"PAPI": 10.0, "PCI": 10.0, "DTI": 1.0, "SIPAS": 100.0}[index_code]
    digits = {"PAPI": 4, "PCI": 2, "DTI": 4, "SIPAS": 2}[index_code]
    found = {}
    for area in areas:
        parts = {
            name: round(scale * (own.uniform(0.45, 0.85) + rng.gauss(0, 0.02)), digits) for name in names
        }
        whole = sum(parts.values())
        mean = whole / len(parts)
        total = {"PAPI": whole, "PCI": 10 * mean, "DTI": mean, "SIPAS": mean}[index_code]
        found[area] = {**parts, "total": round(total, digits)}
    return found


def ranks(totals):
    """Rank by total, the best first; equal totals share one."""
    return {area: 1 + sum(other > total for other in totals.values()) for area, total in totals.items()}


def comma(value, digits=2):
    """A number as it is printed."""
    return f"{value:.{digits}f}".replace(".", ",")


def annex_rows(points, year, *, percent=True, as_text=True):
    """Rows of the annex: titles, a heading of two rows, a row of numbers, provinces by rank, notes."""
    totals = {area: round(sum(own.values()), 2) for area, own in points.items()}
    rank = ranks(totals)
    say = comma if as_text else (lambda value, digits=2: round(value, digits))
    per = 2 if percent else 1
    top = ["STT", "Tỉnh, thành phố"]
    low = ["", ""]
    for roman, name in zip(ROMAN, NAMES, strict=True):
        top += [f"{roman}. {name}", *[""] * (per - 1)]
        low += ["Điểm", "Tỷ lệ %"][:per]
    top += ["Chỉ số CCHC (%)", "Xếp hạng", "Ghi chú"]
    low += ["", "", ""]
    rows = [
        ["BỘ NỘI VỤ (SỐ LIỆU GIẢ ĐỊNH)"],
        [f"BẢNG TỔNG HỢP CHỈ SỐ CẢI CÁCH HÀNH CHÍNH NĂM {year} CỦA CÁC TỈNH, THÀNH PHỐ"],
        [f"(Kèm theo Quyết định giả định ngày 17 tháng 4 năm {year + 1})"],
        [],
        top,
        low,
        [f"({place})" for place in range(1, len(top) + 1)],
        ["", "Điểm tối đa", *(x for name in DOMAINS for x in [say(MAXIMA[name]), ""][:per]), "100", "", ""],
    ]
    for place, area in enumerate(sorted(points, key=lambda each: -totals[each]), 1):
        figures = []
        for name in DOMAINS:
            figures += [say(points[area][name]), say(100 * points[area][name] / MAXIMA[name])][:per]
        rows.append([place, SPELLINGS.get(area, area), *figures, say(totals[area]), rank[area], ""])
    mean = ["", "Trung bình cả nước"]
    for name in DOMAINS:
        middle = sum(own[name] for own in points.values()) / len(points)
        mean += [say(middle), say(100 * middle / MAXIMA[name])][:per]
    rows.append([*mean, say(sum(totals.values()) / len(totals)), "", ""])
    rows.append(["", "(*) Ghi chú: mọi số trong bảng này là giả định."])
    return rows


def annex(points, year, path, **how):
    """Write the annex as .xlsx with merged headings, or as .csv."""
    return write(annex_rows(points, year, **how), path, per=2 if how.get("percent", True) else 1)


def write(rows, path, *, per=1, head=4):
    """Write rows; in .xlsx titles and headings are merged as printed tables have them."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as handle:
            csv.writer(handle, delimiter=";").writerows(rows)
        return path
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Phụ lục"
    for row in rows:
        sheet.append([cell if cell != "" else None for cell in row] or [None])
    width = max(map(len, rows))
    for number in range(1, 4):
        sheet.merge_cells(start_row=number, end_row=number, start_column=1, end_column=width)
    if per == 2:
        for column in (1, 2, *range(width - 2, width + 1)):
            sheet.merge_cells(start_row=head + 1, end_row=head + 2, start_column=column, end_column=column)
        for column in range(3, width - 3, 2):
            sheet.merge_cells(
                start_row=head + 1, end_row=head + 1, start_column=column, end_column=column + 1
            )
    book.save(path)
    return path


HEADINGS = {
    "PAPI": {
        "P1": "1. Tham gia của người dân ở cấp cơ sở",
        "P2": "2. Công khai, minh bạch",
        "P3": "3. Trách nhiệm giải trình với người dân",
        "P4": "4. Kiểm soát tham nhũng trong khu vực công",
        "P5": "5. Thủ tục hành chính công",
        "P6": "6. Cung ứng dịch vụ công",
        "P7": "7. Quản trị môi trường",
        "P8": "8. Quản trị điện tử",
        "total": "Tổng điểm PAPI",
    },
    "PCI": {
        "gia_nhap_thi_truong": "Gia nhập thị trường",
        "tiep_can_dat_dai": "Tiếp cận đất đai",
        "tinh_minh_bach": "Tính minh bạch",
        "chi_phi_thoi_gian": "Chi phí thời gian",
        "chi_phi_khong_chinh_thuc": "Chi phí không chính thức",
        "canh_tranh_binh_dang": "Cạnh tranh bình đẳng",
        "tinh_nang_dong": "Tính năng động",
        "ho_tro_doanh_nghiep": "Chính sách hỗ trợ doanh nghiệp",
        "dao_tao_lao_dong": "Đào tạo lao động",
        "thiet_che_phap_ly": "Thiết chế pháp lý",
        "total": "Điểm số PCI",
    },
    "DTI": {
        "nhan_thuc_so": "Chỉ số Nhận thức số",
        "the_che_so": "Chỉ số Thể chế số",
        "ha_tang_so": "Chỉ số Hạ tầng số",
        "nhan_luc_so": "Chỉ số Nhân lực số",
        "an_toan_thong_tin": "Chỉ số An toàn thông tin mạng",
        "hoat_dong_chinh_quyen_so": "Chỉ số Hoạt động chính quyền số",
        "hoat_dong_kinh_te_so": "Chỉ số Hoạt động kinh tế số",
        "hoat_dong_xa_hoi_so": "Chỉ số Hoạt động xã hội số",
        "total": "CHUYỂN ĐỔI SỐ CẤP TỈNH (PDTI)",
    },
    "SIPAS": {
        "access": "Tiếp cận dịch vụ",
        "procedures": "Thủ tục hành chính",
        "officials": "Công chức giải quyết công việc",
        "results": "Kết quả cung ứng dịch vụ",
        "feedback": "Tiếp nhận, giải quyết góp ý, phản ánh, kiến nghị",
        "total": "Chỉ số hài lòng chung",
    },
}


def other_rows(figures, index_code, year):
    """Rows of a plain table: one heading, provinces by rank."""
    heads = HEADINGS[index_code]
    rank = ranks({area: own["total"] for area, own in figures.items()})
    digits = 4 if index_code in ("PAPI", "DTI") else 2
    rows = [
        [f"BẢNG {index_code} NĂM {year} (SỐ LIỆU GIẢ ĐỊNH)"],
        [],
        ["Tỉnh", *heads.values(), "Bảng xếp hạng", "Xếp loại"],
    ]
    for area in sorted(figures, key=lambda each: rank[each]):
        own = [comma(figures[area][name], digits) for name in heads]
        rows.append([SPELLINGS.get(area, area), *own, rank[area], "Khá"])
    return rows
