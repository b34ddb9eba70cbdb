"""What if: the same scenario from the file, from a call and from sliders, and how one is kept."""

from __future__ import annotations

import threading
import tomllib
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import forecast
from forecast.base.errors import DataError, SpecError, WriteError
from forecast.base.lock import hold_lock
from forecast.base.spelling import clean, misread
from forecast.data import load, scenarios
from forecast.data.scenarios import Scenario
from forecast.desk.scenario_file import add_scenario

SMALL = Path(__file__).parent / "small"
# Text in a wrong encoding is refused when it is read.
NAMES = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12).filter(
    lambda name: not misread(name)
)
NUMBERS = st.floats(-1e6, 1e6) | st.integers(-1000, 1000)
POINTS = st.floats(-100, 100) | st.integers(-100, 100)


def read_back(text: str, folder: Path) -> Scenario:
    """Read the one scenario of a file."""
    (folder / scenarios.FILE).write_text(text, encoding="utf-8", newline="")
    (found,) = scenarios.parse((folder / scenarios.FILE).read_bytes())
    return found


@given(
    name=st.from_regex(r"[\w-]{1,60}", fullmatch=True).filter(lambda name: not misread(name)),
    vi=NAMES.map(clean).filter(lambda name: name and name.isprintable()),  # as the desk writes it
    indicators=st.dictionaries(NAMES, NUMBERS, max_size=3),
    points=st.dictionaries(NAMES, POINTS, max_size=3),
    remedies=st.sampled_from(["", "overdue", "open"]),
    everywhere=st.booleans(),
)
def test_what_is_written_is_what_is_read(
    tmp_path_factory, name, vi, indicators, points, remedies, everywhere
):
    """A scenario written as TOML is the same scenario when it is read."""
    made = Scenario(
        scenario_id=name, name_vi=vi, indicators=indicators, points=points, remedies=remedies,
        everywhere=everywhere and bool(points),
    )  # fmt: skip
    assume(not made.changes_nothing)

    assert read_back(scenarios.to_toml(made), tmp_path_factory.mktemp("toml")) == made


def test_a_call_plays_what_the_file_plays(bench):
    """The scenario of the file, asked for by its changes, has the file's figures to the last digit."""
    told = bench.what_if({"pub_inv_disb_rate": 95})
    of_file = bench._now().main_result().scenarios.set_index("scenario").loc["disbursement_95"]

    tried = told.result.scenarios.set_index("scenario").loc["what_if"]
    columns = [name for name in tried.index if name not in ("name_vi", "name_en")]
    assert tried[columns].equals(of_file[columns])


def test_words_of_scenarios_are_understood(bench):
    """Remedies, everywhere and combine mean what they mean in the file."""
    remedied = bench.what_if({"remedies": "open"}).frame.set_index("component")["difference"]
    harder = bench.what_if({"total": -3, "everywhere": True}).result.scenarios.iloc[1]
    both = bench.what_if({"combine": ["disbursement_95"], "D2": 0.2}).scenario

    assert remedied[["D2", "3.2"]].round(2).tolist() == [0.4, 0.3]
    assert harder["rank_median"] == bench.what_if({}).result.scenarios.iloc[0]["rank_median"]
    assert (both.combine, both.points) == (("disbursement_95",), {"D2": 0.2})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"D3": "0,5"}, "D3.*'0,5'"),
        ({"D3": float("nan")}, "D3.*nan"),
        ({"D3": True}, "D3.*True"),
        ({"remedies": "overdu"}, "“overdu”.*“overdue”"),
        ({"everywhere": 1}, "everywhere"),
        ({"combine": "disbursement"}, "“disbursement”.*“disbursement_95”"),
        ("D3", "what_if"),
    ],
)
def test_what_does_not_fit_is_told(bench, changes, said):
    """A value that a scenario cannot have is refused before anything is played."""
    with pytest.raises(SpecError, match=said):
        bench.what_if(changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pub_inv_disb_rate": 500}, "indicators.pub_inv_disb_rate, found “500”: a number of at most 100"),
        ({"pub_inv_disb_rate": -1}, "found “-1”: a number of at least 0"),
        ({"combine": ["disbursement_95"] * 2}, "each once"),
    ],
)
def test_what_the_file_may_not_say_is_not_tried(bench, changes, said):
    """A scenario that is tried is judged as one of the file is."""
    with pytest.raises(DataError) as refusal:
        bench.what_if(changes)
    assert said in refusal.value.text("en")


def test_sipas_has_no_scenarios(small):
    """An index without parts says so."""
    survey = forecast.open(as_of="2024-10-20", data_dir=small, index_code="SIPAS")

    with pytest.raises(SpecError, match="SIPAS"):
        survey.what_if({"total": 1})


def test_a_kept_scenario_is_one_of_the_file(own):
    """It is added at the end; all that stood there stays, byte for byte; every report takes it up."""
    bench = own()
    path = bench.data_dir / scenarios.FILE
    before = path.read_bytes()
    tried = bench.what_if({"pub_inv_disb_rate": 92.5, "3.2": 0.25, "remedies": "overdue"})

    said = str(tried.keep("Giải ngân 92,5 phần trăm", name_en="Disbursement at 92.5 percent"))

    assert path.read_bytes().startswith(before)
    added = path.read_text(encoding="utf-8")[len(before.decode()) :]
    assert tomllib.loads(added) == {
        "scenario": {
            "giai_ngan_92_5_phan_tram": {
                "name_vi": "Giải ngân 92,5 phần trăm",
                "name_en": "Disbursement at 92.5 percent",
                "indicators": {"pub_inv_disb_rate": 92.5},
                "remedies": "overdue",
                "points": {"3.2": 0.25},
            }
        }
    }
    assert "[scenario.giai_ngan_92_5_phan_tram]" in said
    kept = bench._now().main_result().scenarios.set_index("scenario").loc["giai_ngan_92_5_phan_tram"]
    assert kept["median"] == tried.result.scenarios["median"].iloc[1]


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("  ", {"D3": 1}, "no name"),
        ("giải ngân đạt 95 PHẦN TRĂM", {"D3": 1}, "disbursement_95"),
        ("Disbursement reaches 95 percent", {"D3": 1}, "disbursement_95"),
        ("Không gì cả", {}, "nothing"),
    ],
)
def test_no_name_no_change_and_no_name_twice(own, name, changes, said):
    """What cannot be told apart from another scenario, or from the forecast, is not kept."""
    bench = own()
    before = (bench.data_dir / scenarios.FILE).read_bytes()

    with pytest.raises(SpecError, match=said):
        bench.what_if(changes).keep(name)

    assert (bench.data_dir / scenarios.FILE).read_bytes() == before


def test_two_names_that_look_alike_have_two_codes(own):
    """A code that is taken gets a number; ends of lines are the file's; a new file gets "continue" too."""
    folder = own().data_dir
    path = folder / scenarios.FILE
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n").rstrip())
    codes = [
        add_scenario(folder, Scenario(scenario_id="x", name_vi=name, points={"D3": 1.0})).scenario_id
        for name in ("Thêm điểm", "Them diem!", "***")
    ]
    lines = path.read_bytes()
    path.unlink()
    add_scenario(folder, Scenario(scenario_id="x", name_vi="Thêm", points={"D3": 1.0}))

    assert codes == ["them_diem", "them_diem_2", "kich_ban"]
    assert lines.count(b"\n") == lines.count(b"\r\n")
    assert [each.scenario_id for each in scenarios.parse((folder / scenarios.FILE).read_bytes())] == [
        "continue",
        "them",
    ]


def test_nothing_is_kept_beside_bad_tables_or_another_writer(own, monkeypatch):
    """A file that is broken stays as it is, and so does one that somebody else is writing to."""
    bench = own()
    path = bench.data_dir / scenarios.FILE
    tried = bench.what_if({"D3": 0.5})
    monkeypatch.setattr("forecast.intake.writer.PATIENCE", 0.0)
    before = path.read_bytes()
    told: list[Exception] = []

    def other() -> None:
        try:
            tried.keep("Thêm")
        except WriteError as error:
            told.append(error)

    with hold_lock(bench.data_dir / load.LOCK):
        writer = threading.Thread(target=other)
        writer.start()
        writer.join(60)
    path.write_bytes(before + b"[scenario.bad]\n")
    with pytest.raises(DataError):
        tried.keep("Thêm")

    assert len(told) == 1
    assert path.read_bytes() == before + b"[scenario.bad]\n"


def test_sliders_say_what_a_call_says(bench):
    """Moving a slider or a switch is the same scenario as the call, and shows the same."""
    board = bench.what_if()
    at_rest = board.answer.value
    board.sliders["pub_inv_disb_rate"].value = 95.0
    board.remedies.value = "overdue"
    board.points["total"].value = -3.0
    board.everywhere.value = True

    changes = {"pub_inv_disb_rate": 95.0, "remedies": "overdue", "total": -3.0, "everywhere": True}
    assert board.changes == changes
    assert board.answer.value == bench.what_if(changes)._repr_html_()
    board.switches["pub_inv_disb_rate"].value = False
    assert "pub_inv_disb_rate" not in board.changes
    board.reset.click()
    assert (board.changes, board.answer.value) == ({}, at_rest)


def test_the_button_keeps_what_the_sliders_say(own):
    """The scenario is in the file, or the board says why not."""
    bench = own()
    board = bench.what_if()

    board.keep.click()
    refused = board.note.value
    board.points["D3"].value = 0.5
    board.name.value = "Thủ tục hành chính thêm nửa điểm"
    board.keep.click()
    board.keep.click()

    assert "chưa có tên" in refused
    assert "đã có kịch bản" in board.note.value
    (kept,) = [
        each for each in scenarios.parse((bench.data_dir / scenarios.FILE).read_bytes()) if each.points
    ]
    assert (kept.points, kept.everywhere) == ({"D3": 0.5}, False)


def test_a_board_without_criteria_says_so(own):
    """Without rules there are no sliders of indicators, without remedies none to choose; points remain."""
    bench = own()
    table = bench.data_dir / "frameworks.csv"
    rows = table.read_text(encoding="utf-8").splitlines()
    table.write_text("\n".join(row for row in rows if "(giả định)" not in row) + "\n", encoding="utf-8")
    (bench.data_dir / "remedies.csv").unlink()

    board = own_again(bench).what_if()
    board.points["D3"].value = 0.5

    assert (board.sliders, board.remedies.disabled) == ({}, True)
    assert "+0,50" in board.answer.value


def own_again(bench):
    """Open the same folder anew."""
    return forecast.open(as_of="2024-10-20", data_dir=bench.data_dir)


def test_a_scenario_is_drawn_beside_the_ranks_as_they_are(bench):
    """The picture says both middle ranks, which are those of the table."""
    tried = bench.what_if({"D3": 0.5})
    now, then = bench.what_if({}).result.scenarios.iloc[0], tried.result.scenarios.iloc[1]

    words = f"{then['rank_median']:.0f} theo giả thiết, {now['rank_median']:.0f} như hiện nay"
    assert words in str(tried)
    assert tried._repr_html_().count("<svg") == 2
