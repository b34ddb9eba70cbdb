"""`forecast add` and `forecast undo`: what is written, refused, doubted and taken back; made-up figures."""

import datetime as dt
import io
import json
import shlex
import shutil
from pathlib import Path

import pytest

from forecast import cli
from forecast.base import disk, labels
from forecast.base.errors import DataError, SpecError, WriteError
from forecast.data.load import read_vintages
from forecast.desk.form import Entry, form
from forecast.intake import journal, writer
from forecast.intake.additions import append, one_row
from forecast.intake.writer import locked

SCORE = {
    "index_code": "PAR",
    "year": "2023",
    "area": "TPHCM",
    "component": "D1",
    "score": "8,97",
    "published_on": "2024-04-17",
    "source_url": "Phụ lục giả định",
}
VALUE = {
    "indicator_code": "pub_inv_disb_rate",
    "area": "TP.HCM",
    "period": "2024-01..2024-11",
    "value": "61,5",
    "published_on": "2024-12-02",
    "source_url": "Báo cáo giả định",
}


def score(data_dir, **cells):
    """Propose the made-up score with other cells."""
    return one_row.score(data_dir, **{**SCORE, **cells})


def kinds(proposal):
    """Kinds of doubts of a proposal."""
    return {doubt.expected_key for doubt in proposal.doubts}


def test_a_score_is_written_in_the_tables_own_form(data_dir):
    """The row has a point for decimals, the one spelling of the area, and what is usual filled in."""
    proposal = score(data_dir)
    append.append(proposal, who="thử")

    last = (data_dir / "scores.csv").read_text(encoding="utf-8").splitlines()[-1]
    assert last == (
        "PAR,2023,TP. Hồ Chí Minh,D1,value,8.97,points,,,2024-04-17,2024-04-17,Phụ lục giả định,press,"
    )
    assert proposal.compared.new == 1


def test_an_addition_taken_back_leaves_the_table_byte_for_byte(data_dir):
    """Add, undo: the table is what it was, and the journal tells of both."""
    before = (data_dir / "scores.csv").read_bytes()

    entry = append.append(score(data_dir), who="thử")
    assert (data_dir / "scores.csv").read_bytes() != before
    append.undo(append.removal(data_dir), who="người khác")

    assert (data_dir / "scores.csv").read_bytes() == before
    [only] = append.list_additions(data_dir)
    assert (only.entry.who, only.state, only.undone_by.who) == ("thử", "gone", "người khác")
    assert only.undone_by.undoes == entry.entry_id


def test_the_journal_names_no_folder(data_dir):
    """What, when and who stand in the journal; where the data lie does not."""
    append.append(score(data_dir), who="thử")

    text = (data_dir / journal.FILE).read_text(encoding="utf-8")
    assert str(data_dir.parent) not in text
    assert json.loads(text)["rows"][0]["score"] == "8.97"


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (
            {"area": "Hồ Chí Min", "score": "tám", "published_on": "17/24/2024", "trust": "oficial"},
            ("--area", "“TP. Hồ Chí Minh”", "--score", "cần một số", "--published", "17/24/2024", "--trust"),
        ),
        (
            {"score": "9,6", "published_on": "2023-04-17"},
            ("--score", "không lớn hơn 9,5", "--published", "sau khi hết năm"),
        ),
        ({"component": "D9", "score": ""}, ("--component", "--score", "có điểm hoặc có hạng")),
    ],
)
def test_what_the_door_refuses_is_told_by_option(data_dir, cells, told):
    """A row that the data's door would refuse is never written; all that is wrong is told by option."""
    before = (data_dir / "scores.csv").read_bytes()

    with pytest.raises(DataError) as refusal:
        score(data_dir, **cells)

    text = refusal.value.text("vi")
    assert [part for part in told if part not in text] == []
    assert (data_dir / "scores.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ({"component": "total", "score": "84,70"}, "doubt.copy"),  # the figure of 2022
        ({"component": "D3", "score": "8,51"}, "doubt.standing"),  # percent / 10 where points are meant
        ({"component": "total", "score": "93"}, "doubt.above_highest"),
    ],
)
def test_what_is_unlikely_needs_insisting(data_dir, cells, kind):
    """A doubt stops an addition; with insisting it is written, and the row's note says so."""
    proposal = score(data_dir, **cells)

    assert kind in kinds(proposal)
    with pytest.raises(DataError, match="insist"):
        append.append(proposal)
    entry = append.append(proposal, insist=True, who="thử")
    assert entry.insisted
    assert "dù còn nghi ngờ" in (data_dir / "scores.csv").read_text(encoding="utf-8").splitlines()[-1]


def test_one_wrong_figure_is_one_question_and_its_note_holds_all_kinds(tmp_path):
    """What follows from it is said beside it, in one line."""
    data_dir = shutil.copytree(Path(__file__).parents[3] / "data", tmp_path / "data")
    of_total = {"area": "Hà Nội", "component": "total", "rank": "3"}
    proposal = score(data_dir, **of_total, score="19,43")

    [question] = proposal.questions
    words = ("91.43", "below the published lowest", "a rank against the known totals", "a mean that does not")
    assert [word for word in words if word not in question.text("en")] == []
    assert len(kinds(proposal)) == 4

    append.append(proposal, insist=True, who="thử")
    note = (data_dir / "scores.csv").read_text(encoding="utf-8").splitlines()[-1]
    kept = [labels.text(key.replace("doubt.", "doubt_kind."), "vi") for key in kinds(proposal)]
    assert [kind for kind in kept if kind not in note] == []


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ({"rank": "1"}, "doubt.rank_taken"),  # that of Quảng Ninh, whose score is known
        ({"rank": "7"}, ""),  # that of Long An, of which nobody says whether it is shared
        ({"score": "91,99", "rank": "40"}, "doubt.no_rank"),  # less than the first, more than the second
        ({"score": "91,3", "rank": "40"}, "doubt.no_rank"),
        ({"score": "87", "rank": "31"}, ""),
        ({"score": "87", "rank": "29"}, "doubt.rank_known"),  # that of Nam Định, with more
        ({"score": "87", "rank": "40"}, "doubt.rank_known"),  # more than the 33rd
    ],
)
def test_a_rank_is_held_against_the_known_ranks_of_its_year(cells, kind):
    """A rank of another, or one that is not in the order of the totals."""
    own = {"area": "Cần Thơ", "component": "total", "score": "", **cells}

    assert kinds(score(Path(__file__).parents[3] / "data", **own)) == ({kind} if kind else set())


def test_a_mean_of_the_country_far_from_other_years_is_doubted(data_dir):
    """A slipped decimal mark is doubted in every kind of figure."""
    of_country = {"year": "2024", "area": "Việt Nam", "component": "total", "statistic": "mean"}
    of_country |= {"published_on": "2025-04-10"}

    assert kinds(score(data_dir, **of_country, score="8,5")) == {"doubt.jump"}
    assert kinds(score(data_dir, **of_country, score="85")) == set()


def test_the_same_row_can_be_added_again_at_once(data_dir):
    """Added, taken back and added within one second it has two entries, each of which can be undone."""
    first = append.append(score(data_dir), who="thử")
    append.undo(append.removal(data_dir, first.entry_id), who="thử")
    second = append.append(score(data_dir), who="thử")

    assert second.entry_id != first.entry_id
    assert append.removal(data_dir).entry.entry_id == second.entry_id


def test_a_known_figure_is_held_beside_the_new_one(data_dir):
    """Another figure than the known one is shown with its source, and is no doubt by itself."""
    proposal = score(data_dir, component="total", score="86,80")

    [different] = proposal.compared.different
    assert (different.known, different.new) == (86.97, 86.8)
    assert kinds(proposal) == set()


def test_an_indicator_takes_name_unit_and_domain_from_its_code(data_dir):
    """Only code, area, period, value, day and source are needed for a known indicator."""
    append.append(one_row.indicator(data_dir, **VALUE), who="thử")

    last = (data_dir / "indicators.csv").read_text(encoding="utf-8").splitlines()[-1]
    assert last.startswith("pub_inv_disb_rate,")
    assert ",61.5,%,D6," in last


def test_an_indicator_of_the_catalogue_needs_no_earlier_figure(data_dir):
    """The catalogue names it: its first figure goes in by its code."""
    (row,) = one_row.indicator(data_dir, **{**VALUE, "indicator_code": "p766_progress"}).rows

    assert (row["unit"], row["linked_domain"]) == ("điểm", "D3")


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ({"value": "0,615"}, "doubt.fraction"),
        ({"value": "615", "period": "2024-01..2024-10"}, "doubt.ratio"),
        ({"published_on": "2023-12-02"}, "doubt.before_period"),
        ({"period": "2010-01..2024-09"}, "doubt.long_period"),
    ],
)
def test_an_indicator_far_from_its_past_is_doubted(data_dir, cells, kind):
    """Fractions for percent, other units and wrong years are caught by the indicator's own past."""
    assert kind in kinds(one_row.indicator(data_dir, **{**VALUE, **cells}))


def test_a_new_indicator_needs_name_and_unit(data_dir):
    """A misspelt code is told with the nearest one, and never makes a new indicator by itself."""
    with pytest.raises(SpecError, match="pub_inv_disb_rate"):
        one_row.indicator(data_dir, **{**VALUE, "indicator_code": "pub_inv_disb_rat"})


EVENT = {"index_code": "PAR", "year": "2025", "known_on": "2025-05-15"}


def test_criteria_are_used_from_the_day_that_is_added(data_dir):
    """A framework whose event is added is known on that day and not on the day before."""
    proposal = one_row.event(data_dir, **EVENT, what="876/QĐ-BNV")

    assert proposal.doubts == ()
    append.append(proposal, who="thử")
    frames = [read_vintages(data_dir).known_at(dt.date(2025, 5, day)).events for day in (14, 15)]
    assert [frame["year"].eq(2025).sum() for frame in frames] == [0, 1]
    assert frames[1].set_index("year").at[2025, "kind"] == "framework"


def test_criteria_that_no_table_holds_are_doubted(data_dir):
    """An event whose name is no framework's would be used by nothing; a method has no table to stand in."""
    strange = one_row.event(data_dir, **EVENT, what="867/QĐ-BNV")
    method = one_row.event(data_dir, **EVENT, what="phiếu điện tử", kind="method")

    assert [doubt.expected_key for doubt in strange.doubts] == ["doubt.no_framework"]
    assert strange.doubts[0].expected_facts["known"] == ["2948/QĐ-BNV", "876/QĐ-BNV"]
    assert method.doubts == ()


def test_what_an_event_needs_is_told_by_option(run):
    """Neither the name nor the day of a change may be left out, and it has no source."""
    begin = ["add", "event", "--index-code", "PAR", "--year", "2025"]

    for more, told in (
        (["--known-on", "2025-05-15"], "--what"),
        (["--what", "876/QĐ-BNV"], "--known-on"),
        (
            ["--what", "876/QĐ-BNV", "--known-on", "2025-05-15", "--source", "x"],
            "--source không có tác dụng: events.csv",
        ),
    ):
        code, _, said = run(*begin, *more)
        assert code == 2
        assert told in said


def test_rows_that_were_changed_since_are_not_taken_back(data_dir):
    """Undoing is refused with row, column, old and new cell; nothing is removed."""
    append.append(score(data_dir), who="thử")
    table = data_dir / "scores.csv"
    changed = table.read_text(encoding="utf-8").replace(",8.97,points,", ",8.79,points,")
    table.write_text(changed, encoding="utf-8")

    with pytest.raises(DataError) as refusal:
        append.removal(data_dir)

    text = refusal.value.text("vi")
    assert "cột score" in text
    assert "“8.79”" in text
    assert "8.97" in text
    assert table.read_text(encoding="utf-8") == changed
    assert [each.state for each in append.list_additions(data_dir)] == ["changed"]


def test_a_table_saved_again_by_a_spreadsheet_can_still_be_undone(data_dir):
    """Other line ends, quotes and decimals are no change of a row."""
    append.append(score(data_dir, score="8.90"), who="thử")
    table = data_dir / "scores.csv"
    text = table.read_text(encoding="utf-8").replace(",8.90,points,", ',8.9,"points",')
    table.write_bytes(text.replace("\n", "\r\n").encode())

    append.undo(append.removal(data_dir), who="thử")

    assert b'8.9,"points"' not in table.read_bytes()


def test_any_addition_can_be_undone_not_the_last_alone(data_dir):
    """Of two additions the first is taken back by its id, and the second stays."""
    first = append.append(score(data_dir), who="thử")
    append.append(score(data_dir, component="D5", score="13,10"), who="thử")

    append.undo(append.removal(data_dir, first.entry_id), who="thử")

    assert [each.state for each in append.list_additions(data_dir)] == ["stands", "gone"]
    with pytest.raises(SpecError, match="was undone"):
        append.removal(data_dir, first.entry_id)


def test_a_table_that_cannot_be_written_leaves_no_trace(data_dir, monkeypatch):
    """If the table's write fails, the journal is as it was too."""
    proposal = score(data_dir)
    before = (data_dir / "scores.csv").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk.os, "fsync", full)
    with pytest.raises(WriteError):
        append.append(proposal, who="thử")
    monkeypatch.undo()
    assert (data_dir / "scores.csv").read_bytes() == before
    assert append.list_additions(data_dir) == ()


def test_who_adds_while_another_does_is_told(data_dir, monkeypatch):
    """One at a time: a second addition is refused while the folder is locked."""
    monkeypatch.setattr(writer, "PATIENCE", 0.0)
    proposal = score(data_dir)

    with locked(data_dir), pytest.raises(WriteError, match="another process"):
        append.append(proposal, who="thử")


def test_a_table_changed_in_the_meantime_is_not_overwritten(data_dir):
    """What was proposed on an older table is refused, so no row of another person is lost."""
    late = score(data_dir)
    append.append(score(data_dir, component="D5", score="13,10"), who="thử")

    with pytest.raises(WriteError, match="changed in the meantime"):
        append.append(late, who="thử")

    assert len(append.list_additions(data_dir)) == 1


def test_the_command_asks_before_it_writes(run, data_dir, monkeypatch):
    """Anything but a yes writes nothing; nobody at the keyboard is told of --yes."""
    words = ["add", "score", "--index-code", "PAR", "--year", 2023, "--area", "TPHCM", "--component", "D1"]
    words += ["--no-forecast", "--score", "8,97", "--published", "2024-04-17", "--source", "Phụ lục giả định"]
    before = (data_dir / "scores.csv").read_bytes()

    for answer, code in (("không\n", 0), ("", 2)):
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        assert run(*words)[0] == code
        assert (data_dir / "scores.csv").read_bytes() == before
    monkeypatch.setattr("sys.stdin", io.StringIO("có\n"))
    code, out, _ = run(*words)
    assert (code, "forecast undo" in out) == (0, True)
    code, out, _ = run("undo", "--list")
    assert "PAR 2023 TP. Hồ Chí Minh D1" in out
    assert run("undo", "--yes")[0] == 0
    assert (data_dir / "scores.csv").read_bytes() == before
    assert run("undo", "--yes")[0] == 2


@pytest.mark.parametrize("folder", ["data", "số liệu"])
def test_the_command_that_is_named_undoes_the_addition(folder, data_dir, monkeypatch, capsys):
    """It is typed as it stands; it names the folder where that is not the usual one, and only there."""
    monkeypatch.chdir(data_dir.parent)
    data_dir.rename(folder)
    words = ["add", "score", "--index-code", "PAR", "--year", "2023", "--area", "TPHCM", "--component", "D1"]
    words += ["--score", "8,97", "--published", "2024-04-17", "--source", "Phụ lục giả định"]
    table = Path(folder, "scores.csv")
    before = table.read_bytes()

    assert cli.run([*words, "--no-forecast", "--yes", "--data-dir", folder, "--lang", "vi"]) == 0

    hint = shlex.split(capsys.readouterr().out.rpartition("Muốn bỏ: forecast ")[2])
    assert ("--data-dir" in hint) == (folder != "data")
    assert table.read_bytes() != before
    assert cli.run([*hint, "--yes"]) == 0
    assert table.read_bytes() == before


def test_source_and_day_are_required(run):
    """No figure without a source and a day of publication."""
    code, _, err = run("add", "score", "--index-code", "PAR", "--source", "x")

    assert code == 2
    assert "--year, --area, --published." in err


def test_points_typed_as_percent_are_doubted_where_nothing_is_known_of_the_place(data_dir):
    """13,2 points of 15 are no 13,2 percent; 88 percent are as usual, whatever was known before."""
    cells = {**SCORE, "component": "D5", "unit": "percent"}

    (doubt,) = one_row.score(data_dir, **{**cells, "score": "13,2"}).doubts

    assert "13,2 phần trăm điểm tối đa" in doubt.text("vi")
    assert "nhầm điểm với tỷ lệ phần trăm" in doubt.text("vi")
    assert one_row.score(data_dir, **{**cells, "score": "88"}).doubts == ()


def test_a_notebooks_form_looks_before_it_writes(data_dir):
    """What is written is what was looked at; without a look, or with a doubt, nothing is."""
    entry = Entry(data_dir, "score")

    assert "Xem trước" in entry.write()
    assert "địa phương lạ" in entry.look({**SCORE, "area": "Hồ Chí Min"})
    assert "Xem trước" in entry.write()
    assert "score: 8.97" in entry.look(SCORE)
    assert "forecast undo" in entry.write(who="thử")
    assert "nghi ngờ" in entry.look({**SCORE, "component": "D3", "score": "8,51"})
    refused = entry.write()
    assert "nghi ngờ" in refused
    assert "Vẫn ghi dù có nghi ngờ" in refused  # what stands beside the box, not the option of the command
    assert "--insist" not in refused
    assert "forecast undo" in entry.write(insist=True, who="thử")


def test_the_form_itself_works_where_widgets_are(data_dir):
    """Filling the fields and pressing both buttons appends the row."""
    pytest.importorskip("ipywidgets")
    box = form(data_dir, "announcement", who="thử")
    *fields, _, buttons, told = box.children
    given = ("PAPI", "2023", dt.date(2024, 4, 30), "Trang giả định")
    for field, value in zip(fields, given, strict=True):
        field.value = value
    look, write, back = buttons.children
    file = data_dir / "announcements.csv"
    before = file.read_text(encoding="utf-8")

    look.click()
    write.click()
    assert "forecast undo" in told.value
    assert "PAPI,2023,2024-04-30,day," in file.read_text(encoding="utf-8")
    back.click()
    assert file.read_text(encoding="utf-8") == before
    back.click()
    assert "không có gì để bỏ" in told.value


@pytest.fixture
def figure(full, tmp_path):
    """Offer a figure of a province to a whole made-up table of 2022; the table's own figures beside it."""
    folder = Path(shutil.copytree(full, tmp_path / "whole"))
    frame = read_vintages(folder).frames["scores"]
    table = frame[(frame["year"] == 2022) & (frame["statistic"] == "value")]
    points = table.pivot_table(index="area", columns="component", values="score")

    def offer(component, score, rank=""):
        cells = {"index_code": "PAR", "year": "2022", "area": "Hà Nội", "component": component}
        cells |= {"published_on": "2023-04-19", "source_url": "Trang giả định", "unit": "points"}
        return one_row.score(folder, **cells, score=str(score), rank=str(rank))

    return points, offer


def test_a_domain_s_rank_is_held_beside_the_scores_of_all_provinces(figure):
    """The rank that 63 scores give is taken without a doubt, any other is told with the due one."""
    points, offer = figure
    own = float(points.loc["Hà Nội", "D3"])
    due = 1 + int((points["D3"] > own).sum())

    assert offer("D3", own, due).doubts == ()
    far = 63 if due < 32 else 1
    (doubt,) = offer("D3", own, far).doubts
    assert (doubt.expected_key, doubt.expected_facts["due"]) == ("doubt.rank_due", due)


def test_a_domain_is_held_beside_the_total_that_it_is_part_of(figure):
    """Half a point more in one domain is half a point that the total does not have."""
    points, offer = figure
    own, total = (float(points.loc["Hà Nội", name]) for name in ("D3", "total"))

    assert offer("D3", own).doubts == ()
    found = {each.expected_key: each.expected_facts for each in offer("D3", round(own - 0.5, 2)).doubts}
    assert found["doubt.parts"]["component"] == "total"
    assert found["doubt.parts"]["stated"] - found["doubt.parts"]["due"] == pytest.approx(0.5, abs=0.05)
    assert found["doubt.parts"]["stated"] == pytest.approx(total)


SLIPPED = {"index_code": "PAR", "published_on": "2024-06-01", "source_url": "giả định", "score": "8.723"}


@pytest.mark.parametrize(
    ("area", "year", "key"),
    [
        ("TP. Hồ Chí Minh", "2023", "doubt.standing"),
        ("Hà Nội", "2019", "doubt.jump"),
        ("Hà Nội", "2016", "doubt.jump"),
    ],
)
def test_a_slipped_decimal_is_doubted_beside_every_known_year(area, year, key, data_dir):
    """The standing figure of the cell, else the nearest year of the place, however far away."""
    slipped = one_row.score(data_dir, **SLIPPED, area=area, year=year)
    usual = one_row.score(data_dir, **{**SLIPPED, "score": "84.3"}, area=area, year=year)

    assert key in {problem.expected_key for problem in slipped.doubts}
    assert not {"doubt.standing", "doubt.jump"} & {problem.expected_key for problem in usual.doubts}


@pytest.mark.parametrize(
    ("name", "area"),
    [
        ("tinh an giang", "An Giang"),
        ("UBND tỉnh An Giang", "An Giang"),
        ("Cả nước", "Việt Nam"),
        ("TỔNG SỐ", "Việt Nam"),
    ],
)
def test_an_area_is_read_as_people_write_it(name, area, data_dir):
    """As in printed tables."""
    cells = {"indicator_code": "pub_inv_disb_rate", "period": "2024-01..2024-09", "value": "40"}

    (row,) = one_row.indicator(data_dir, **cells, area=name, published_on="2024-10-05", source_url="x").rows

    assert row["area"] == area


def test_a_code_in_other_letters_is_no_new_indicator(data_dir):
    """Even with a name and a unit of its own."""
    cells = {
        "indicator_code": "PUB_INV_disb_rate",
        "indicator_name_vi": "x",
        "unit": "%",
        "period": "2024-09",
    }

    with pytest.raises(DataError, match="small and capital"):
        one_row.indicator(data_dir, **cells, value="1", published_on="2024-10-05", source_url="x")


def test_a_count_with_thousands_behind_a_point_is_doubted(data_dir):
    """12.345 dossiers are 12345; the doubt says so."""
    cells = {"indicator_code": "moi_x", "indicator_name_vi": "Giả định", "unit": "hồ sơ", "area": "Hà Nội"}
    cells |= {"period": "2024-09", "published_on": "2024-10-05", "source_url": "giả định"}

    (doubt,) = one_row.indicator(data_dir, **cells, value="12.345").doubts

    assert doubt.expected_key == "doubt.not_whole"
    assert "12345" in doubt.text("vi")
    assert not one_row.indicator(data_dir, **cells, value="1.234.567").doubts
    (doubt,) = one_row.indicator(data_dir, **cells, value="11700000.5").doubts
    assert doubt.expected_key == "doubt.part_of_one"
    mean = {**cells, "indicator_name_vi": "Giả định, bình quân một tháng"}
    assert not one_row.indicator(data_dir, **mean, value="1234.5").doubts
    assert not one_row.indicator(data_dir, **{**cells, "unit": "tỷ đồng"}, value="12.345").doubts
    assert (
        one_row.score(
            data_dir, **{**SLIPPED, "score": "8,11/10"}, component="D2", area="Hà Nội", year="2021"
        ).rows[0]["max_score"]
        == "10"
    )


def test_a_wrong_day_is_told_of_the_option_that_was_given(data_dir):
    """The day of the page is that of publication if left out, and is no second mistake then."""
    with pytest.raises(DataError) as left_out:
        score(data_dir, published_on="31/9/2024")
    with pytest.raises(DataError) as given:
        score(data_dir, published_on="31/9/2024", source_day="31/6/2024")

    assert [problem.file for problem in left_out.value.problems] == ["--published"]
    assert [problem.file for problem in given.value.problems] == ["--published", "--source-day"]


@pytest.mark.parametrize(("day", "found"), [("2024-04-17", set()), ("2024-08-17", {"doubt.other_day"})])
def test_a_day_of_a_result_is_held_against_that_of_its_figures(day, found, data_dir):
    """What `check` would remark of it is asked before it is written."""
    path = data_dir / "announcements.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("PAR,2023")), encoding="utf-8")
    cells = {"index_code": "PAR", "year": "2023", "announced_on": day, "source_url": "x"}

    assert kinds(one_row.announcement(data_dir, **cells)) == found
