"""One reader of printed figures, for every door."""

import pytest

from forecast.intake.figures import plain_number, printed_figure


@pytest.mark.parametrize(
    ("text", "number", "whole"),
    [
        ("85,3 (↑1,2)", "85.3", ""),
        ("85,3 (+1,2%)", "85.3", ""),
        ("85,3▲", "85.3", ""),
        ("85,3 (tăng 1,2 điểm)", "85.3", ""),
        ("8,11/9,5", "8.11", "9.5"),
        ("8,11 / 9,5 điểm", "8.11", "9.5"),
        ("8,21 đ", "8.21", ""),
        ("8,21 điểm", "8.21", ""),
        ("12/63", "12", "63"),
        ("Hạng 12", "12", ""),
        ("Hạng 2023", "", ""),
        ("Xếp hạng 2022", "", ""),
        ("Thứ hạng: 12", "12", ""),
        ("12 (↑2)", "12", ""),
        ("12 (=)", "12", ""),
        ("87,23*", "87.23", ""),
        ("87,23 *", "87.23", ""),
        ("87,23(1)", "87.23", ""),
        ("87,23 (*)", "87.23", ""),
        ("87,23¹", "87.23", ""),
        ("12 (2)", "", ""),  # a note, or the rank of the year before
        ("87,12%", "87.12", ""),
        ("1.234,5", "1234.5", ""),
        ("9,5/8,11", "", ""),
        ("8,11 hoặc 9", "", ""),
        ("Khá", "", ""),
        ("9/2024", "", ""),
        ("2024-05", "", ""),
    ],
)
def test_the_forms_in_which_figures_are_printed(text, number, whole):
    """The number and of how much it is; what is no figure stays none."""
    assert printed_figure(text) == (number, whole)


def test_a_part_of_a_whole_is_a_figure_only_where_it_may_be_one():
    """An indicator's 2/9 is no 2."""
    assert plain_number("2/9") == "2/9"
    assert plain_number("2/9", part=True) == "2"
