"""What a heading of a printed table means."""

import pytest

from forecast.intake.additions.headings import recognise


@pytest.mark.parametrize(
    ("labels", "component"),
    [
        (["III. Cải cách thủ tục hành chính", "Điểm thẩm định"], "D3.appraised"),
        (["Lĩnh vực 7", "Tỷ lệ % điểm tự đánh giá"], "D7.appraised"),
        (["LV3"], "D3"),
        (["LV. 3: Thủ tục"], "D3"),
        (["LV III"], "D3"),
        (["Kết quả thẩm định", "III. Cải cách thủ tục hành chính", "Điểm"], "D3"),
        (["III. Cải cách thủ tục hành chính", "Điểm"], "D3"),
        (["VIII. Tác động", "Điểm thẩm định"], "D8"),
        (["Điểm thẩm định"], "part.appraised"),
    ],
)
def test_a_column_of_appraised_points_below_a_domain_is_not_the_domain(labels, component):
    """Only a heading below the domain's own says so; one above all domains names the whole table."""
    assert recognise(labels, "PAR", 2023).component == component
