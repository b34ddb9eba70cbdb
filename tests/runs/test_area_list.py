"""Which areas are asked for, and how they lie on the page."""

import datetime as dt
from pathlib import Path

import pytest

from forecast import cli
from forecast.base.errors import DataError
from forecast.base.spec import RunSpec
from forecast.data import load
from forecast.pages.plot import tiles
from forecast.runs.areas import area_list

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def vintages():
    """The project's own tables."""
    return load.read_vintages(DATA)


def of(year):
    """The question of a year, asked at its end."""
    return RunSpec(index_code="PAR", area="Hà Nội", target_year=year, as_of=dt.date(year, 12, 31))


def named(tmp_path, text):
    """Write and read a file of areas."""
    path = tmp_path / "areas.txt"
    path.write_text(text, encoding="utf-8")
    return area_list.read(path)


def test_all_means_every_province_once(vintages):
    """The country and its regions are no provinces."""
    found = area_list.all_provinces(of(2024), vintages)

    assert len(found) == len(set(found)) == 63
    assert found[0] == "Hà Giang"


@pytest.mark.parametrize(
    "text",
    [
        "Long An\n\n# remark\nha giang\nLong An\n",
        "\ufeffnote,area\nx,Long An\ny,Hà Giang\n",
        "area;note\nLong An;x\nHà Giang;y\n",
        "area\nLong An\nHà Giang\n",
    ],
)
def test_a_list_and_a_table_name_the_same(tmp_path, vintages, text):
    """One a line, or the column `area`; in any spelling that is known, each once."""
    found = area_list.provinces(named(tmp_path, text), of(2024), vintages, "areas.txt")

    assert found == ["Long An", "Hà Giang"]


def test_every_unknown_name_is_told_at_once_with_the_nearest(tmp_path, vintages):
    """With its line, so that the file can be mended in one go."""
    rows = named(tmp_path, "Long An\nLongg An\nCả nước\nAtlantis\n")

    with pytest.raises(DataError) as refused:
        area_list.provinces(rows, of(2024), vintages, "areas.txt")

    assert [problem.row for problem in refused.value.problems] == [2, 3, 4]
    assert "“Long An”" in refused.value.problems[0].text("en")


@pytest.mark.parametrize("content", [b"", b"\n# only a remark\n", b"L\xe0ng S\xf4n\n"])
def test_a_file_that_names_nothing_readable_is_refused(tmp_path, content):
    """One sentence, with the file."""
    path = tmp_path / "areas.txt"
    path.write_bytes(content)

    with pytest.raises(DataError, match=r"areas\.txt"):
        area_list.read(path)


@pytest.mark.parametrize(("year", "count"), [(2024, 63), (2025, 34)])
def test_every_province_has_one_tile(vintages, year, count):
    """The map of a year is whole, and no two tiles lie on each other."""
    provinces = area_list.all_provinces(of(year), vintages)

    assert set(tiles.tile_places(provinces, count)) == set(tiles.MAPS[count]) == set(provinces)
    assert len(set(tiles.tile_places(provinces, count).values())) == count


def test_a_province_that_has_become_part_of_another_is_refused_with_it(vintages, tmp_path):
    """Of 2025, by any of its spellings."""
    with pytest.raises(DataError) as refused:
        area_list.provinces(named(tmp_path, "BR-VT\nHuế\n"), of(2025), vintages, "areas.txt")

    (problem,) = refused.value.problems
    assert "thuộc TP. Hồ Chí Minh" in problem.text("vi")


def test_areas_that_are_on_no_map_come_below_it():
    """A panel of other places has a page too."""
    placed = tiles.tile_places(["B", "Cà Mau", "A"])

    assert list(placed) == ["Cà Mau", "B", "A"]
    assert placed["B"] == (tiles.PLACES["Cà Mau"][0] + 1, 1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--area", "Long An", "--areas", "x.txt"], "either --area or --areas"),
        (["--scheduler", "tcp://host:8786"], "--scheduler is for the reports of many areas"),
        (["--area", "all", "--pdf"], "--pdf is for the report of one area"),
    ],
)
def test_options_that_contradict_each_other_are_refused(capsys, words, said):
    """Before anything is computed."""
    code = cli.run(["--lang", "en", "report", "--target-year", "2024", "--as-of", "2024-10-20", *words])

    assert code == 2
    assert said in capsys.readouterr().err
