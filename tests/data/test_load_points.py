"""What stands below the domains passes the same door: criteria, rules, forms, remedies, scenarios."""

import datetime as dt
import shutil
from pathlib import Path

import pytest

from forecast.base.errors import DataError
from forecast.data import load
from forecast.data.scenarios import FILE, flat

AS_OF = dt.date(2024, 10, 20)


@pytest.fixture
def folder(example: Path, tmp_path: Path) -> Path:
    """A copy of the made-up example, to be broken."""
    return Path(shutil.copytree(example, tmp_path / "data"))


def refused(folder: Path) -> list[tuple[str, str, str]]:
    """Read a folder that must be refused; file, column and key of each problem."""
    with pytest.raises(DataError) as caught:
        load.read(folder, as_of=AS_OF)
    assert caught.value.text("vi") != caught.value.text("en")
    return [(p.file, p.column, p.expected_key) for p in caught.value.problems]


def change(path: Path, old: str, new: str) -> None:
    """Change the first place of a text."""
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), encoding="utf-8", newline="")


def append(path: Path, row: str) -> None:
    """Add a row at the end of a file."""
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write(row + "\n")


FRAMEWORK, MAXIMUM = "expect.at_most_framework", "expect.maximum_of_framework"
FORM = "z,Sở Nội vụ,PAR,TP.HCM,2024,{cells},,,,,2024-09-20,1,z,z.xlsx"
CRITERION = "876/QĐ-BNV,2022,2024,{code},{parent},Giả định,Made up,{most},made_up,,,,,{rest}"


@pytest.mark.parametrize(
    ("rest", "column", "key"),
    [
        ("appraised,stairs(1),,", "rule", "rule.unknown"),
        ("appraised,steps(>=80),,", "rule", "rule.form"),
        ("appraised,steps(>=80: 9),gd_digitised,", "rule", "expect.rule_within"),
        ("appraised,,gd_digitised,", "rule", "expect.rule_for_indicator"),
        ("appraised,manual,gd_digitised,", "rule", "expect.rule_for_indicator"),
        ("appraised,yes_no,gd_digitized,", "indicator", "expect.choice_near"),
        ("appraised,yes_no,gd_digitised,31/12/2024", "deadline", "expect.iso_day"),
        ("appraised,yes_no,gd_digitised,2021-12-31", "deadline", "expect.deadline_within"),
        ("ministry,,,", "source", "expect.choice"),
    ],
)
def test_a_criterion_that_cannot_be_scored_is_refused(folder, rest, column, key):
    """Each broken cell of a criterion is told with its column and what is expected."""
    append(folder / "frameworks.csv", CRITERION.format(code="9.9.9", parent="1.1.1", most="0.5", rest=rest))

    assert ("frameworks.csv", column, key) in refused(folder)


@pytest.mark.parametrize(
    ("file", "row", "column", "key"),
    [
        ("remedies.csv", "Sở Nội Vụ 2,1.1.1,a,,,doing,,2024-07-01,,", "unit", "expect.choice_near"),
        ("remedies.csv", "Sở Nội vụ,1.1.77,a,,,doing,,2024-07-01,,", "component", "expect.choice_near"),
        ("remedies.csv", "Sở Nội vụ,,a,,,doing,0.5,2024-07-01,,", "component", "expect.component_of_effect"),
        ("remedies.csv", "Sở Nội vụ,D1,a,,,done,9.6,2024-07-01,,", "expected_effect", "expect.effect_within"),
        ("remedies.csv", "Sở Nội vụ,1.1.1,a,,,begun,,2024-07-01,,", "state", "expect.choice"),
        ("remedies.csv", "Sở Nội vụ,1.1.1,a,,,doing,,,,", "recorded_on", "expect.something"),
        ("self_scores.csv", "TP.HCM,2023,D1,9.6,9,9.5,2024-04-17,x,", "self_score", "expect.at_most"),
        ("self_scores.csv", "TP.HCM,2023,D1,12,9,,2024-04-18,x,", "self_score", FRAMEWORK),
        ("self_scores.csv", "TP.HCM,2023,D1,9,12,,2024-04-18,x,", "appraised_score", FRAMEWORK),
        ("self_scores.csv", "TP.HCM,2023,D1,95,91,100,2024-04-18,x,", "max_score", MAXIMUM),
        ("self_scores.csv", "TP.HCM,2023,D9,9,9,9.5,2024-04-17,x,", "component", "expect.choice_near"),
        ("submissions.csv", FORM.format(cells="1.1.1,0.3,0.2,0.4"), "likely", "expect.low_likely_high"),
        ("submissions.csv", FORM.format(cells="1.1.1,0.3,,0.4"), "likely", "expect.all_three"),
        ("submissions.csv", FORM.format(cells="1.1.x,,,"), "component", "expect.choice_near"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_is_refused(folder, file, row, column, key):
    """One broken row, one problem, in the column where it is broken."""
    append(folder / file, row)

    assert refused(folder) == [(file, column, key)]


def test_a_remedy_s_new_state_replaces_the_old_one_from_its_day(folder):
    """Append only: the later row is the state; before its day the earlier one is."""
    append(folder / "remedies.csv", "Sở Nội vụ,1.1.1,Việc giả định,,2024-08-31,planned,0.1,2024-07-01,,")
    append(folder / "remedies.csv", "Sở Nội vụ,1.1.1,Việc giả định,,2024-08-31,done,0.1,2024-09-05,,")

    states = {
        day: load.read(folder, as_of=dt.date.fromisoformat(day)).remedies.set_index("action")["state"]
        for day in ("2024-09-04", "2024-09-05")
    }

    assert [told["Việc giả định"] for told in states.values()] == ["planned", "done"]


def test_forms_received_later_are_not_known(folder):
    """A form counts from the day it was received."""
    known = load.read(folder, as_of=dt.date(2024, 9, 1))

    assert (known.submissions["received_on"] <= "2024-09-01").all()


@pytest.mark.parametrize(
    ("text", "column", "key"),
    [
        ("[scenario.x]\nname_vi = 'x'\nindicator = {a = 1}\n", "x.indicator", "expect.known_column_near"),
        ("[scenario.x]\nindicators = {gd_digitised = 1}\n", "x.name_vi", "expect.something"),
        ("[scenario.x]\nname_vi = 'x'\npoints = {total = 'ba'}\n", "x.points", "expect.scenario_points"),
        ("[scenario.x]\nname_vi = 'x'\npoints = {total = nan}\n", "x.points", "expect.scenario_points"),
        ("[scenario.x]\nname_vi = 'x'\nremedies = 'all'\n", "x.remedies", "expect.choice"),
        ("[scenario.x]\nname_vi = 'x'\neverywhere = 1\n", "x.everywhere", "expect.true_false"),
        ("[scenario.x]\nname_vi = 'x'\ncombine = ['y']\n", "x.combine", "expect.choice"),
        ("[scenario.x]\nname_vi = 'x'\ncombine = ['x']\n", "x.combine", "expect.no_circle"),
        ("[scenarios.x]\nname_vi = 'x'\n", "scenarios", "expect.known_column"),
        ("[scenario]\nx = 1\n", "x", "expect.scenario_table"),
        ("[scenario.x\n", "", "expect.toml"),
        ("[scenario.x]\nname_vi = '''x\n", "", "expect.toml_whole"),
    ],
)
def test_a_scenario_that_makes_no_sense_is_refused(folder, text, column, key):
    """Misspelt fields, wrong kinds, circles, bad TOML: each told with its place."""
    (folder / FILE).write_text(text, encoding="utf-8")

    assert (FILE, column, key) in refused(folder)


def test_continuing_stands_first_and_combinations_hold_their_parts(folder):
    """Readers see the forecast first; a combination of combinations is flat."""
    (folder / FILE).write_text(
        "[scenario.both]\nname_vi='b'\ncombine=['a','c']\n[scenario.a]\nname_vi='a'\npoints={D1=1}\n"
        "[scenario.c]\nname_vi='c'\ncombine=['a']\nremedies='open'\n[scenario.continue]\nname_vi='t'\n",
        encoding="utf-8",
    )
    told = load.read(folder, as_of=AS_OF).scenarios

    assert [s.scenario_id for s in told] == ["continue", "both", "a", "c"]
    assert told[0].changes_nothing
    assert [s.scenario_id for s in flat(told[1], told)] == ["both", "a", "c"]


def test_tables_that_nobody_has_yet_may_be_absent(folder):
    """Without forms, self-scores, remedies, units and scenarios the rest is read as before."""
    for name in ("submissions.csv", "self_scores.csv", "remedies.csv", "units.csv", FILE):
        (folder / name).unlink()

    known = load.read(folder, as_of=AS_OF)

    assert known.submissions.empty
    assert known.remedies.empty
    assert known.scenarios == ()
    assert "remedies" not in set(known.counts["table"])
    assert "remedies.csv" not in known.hashes


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([("9.1", "total", "1")], {"expect.below_domain", "expect.sum"}),
        ([("9.1", "part.appraised", "1")], {"expect.below_domain", "expect.sum"}),
        ([("9.1", "9.1", "1")], {"expect.no_circle_of_parents"}),
        ([("9.1", "9.2", "1"), ("9.2", "9.1", "1")], {"expect.no_circle_of_parents"}),
        ([("9.1", "1.1.1", "0"), ("9.2", "1.1.1", "0.5")], {"expect.above_zero"}),
    ],
)
def test_a_criterion_stands_below_a_domain_and_is_worth_something(folder, rows, found):
    """Elsewhere its points would be lost without a word, and nothing can be a share of no points."""
    for code, parent, most in rows:
        append(folder / "frameworks.csv", CRITERION.format(code=code, parent=parent, most=most, rest=",,,"))

    assert {key for _, _, key in refused(folder)} == found


def test_a_domain_stands_below_the_total(folder):
    """The panel's own components keep their places, whatever the sums say."""
    change(folder / "frameworks.csv", ",D2,total,", ",D2,D1,")

    assert ("frameworks.csv", "parent", "expect.parent") in refused(folder)


def test_one_bad_framework_row_does_not_make_every_criterion_unknown(folder):
    """A slip in the list of criteria is told alone, not with a line for each of their scores."""
    change(folder / "frameworks.csv", ",1.1.1,1.1,", ",1.1.1,,")
    before = refused(folder)
    change(folder / "frameworks.csv", "876/QĐ-BNV,2022,2024,1.1,", "876/QĐ-BNV,2022,20x4,1.1,")

    assert {file for file, _, _ in refused(folder)} == {"frameworks.csv"}
    assert {file for file, _, _ in before} == {"frameworks.csv"}


def test_a_slip_of_three_hundred_digits_is_told_like_any_other(folder):
    """A figure too large for a sum is written out, not stumbled over."""
    change(folder / "frameworks.csv", "Plan issued on time,0.5,", "Plan issued on time,1e300,")

    assert ("frameworks.csv", "max_score", "expect.sum") in refused(folder)


def test_scenarios_that_share_parts_are_read_at_once(folder):
    """Forty pairs, each combining both of the next pair, are eighty scenarios and not a million million."""
    pairs = [
        f'[scenario.{side}{k}]\nname_vi = "{side}{k}"\ncombine = ["a{k + 1}", "b{k + 1}"]\n'
        for k in range(40)
        for side in "ab"
    ]
    ends = [f'[scenario.{side}40]\nname_vi = "{side}40"\npoints = {{ D1 = 1 }}\n' for side in "ab"]
    (folder / FILE).write_text("".join([*pairs, *ends]), encoding="utf-8")

    known = load.read(folder, as_of=AS_OF)
    first = next(each for each in known.scenarios if each.scenario_id == "a0")

    assert len(flat(first, known.scenarios)) == 81


def test_a_long_chain_of_scenarios_may_be_a_circle(folder):
    """As long as a file may be, and each scenario of the circle is told."""
    chain = [f'[scenario.c{k}]\nname_vi = "{k}"\ncombine = ["c{(k + 1) % 100}"]\n' for k in range(100)]
    (folder / FILE).write_text("".join(chain), encoding="utf-8")

    assert refused(folder) == [(FILE, f"c{k}.combine", "expect.no_circle") for k in range(100)]


@pytest.mark.parametrize(
    ("told", "key"),
    [
        ("points = { D1 = " + "9" * 400 + " }", "expect.scenario_points"),
        ("points = { D1 = " + "9" * 5000 + " }", "expect.toml_whole"),
        ("points = " + "[" * 5000 + "]" * 5000, "expect.toml_whole"),
    ],
)
def test_scenarios_without_end_are_refused(folder, told, key):
    """Numbers that no float holds, and brackets deeper than the reader goes, are told like other slips."""
    (folder / FILE).write_text(f'[scenario.x]\nname_vi = "x"\n{told}\n', encoding="utf-8")

    assert [found for _, _, found in refused(folder)] == [key]


def test_a_scenarios_fault_is_shown_as_the_file_has_it(folder):
    """What was found is written as TOML, and a slip in the syntax has row and character in Vietnamese."""
    (folder / FILE).write_text("[scenario.x]\nname_vi = 'x'\nindicator = {a = true}\n", encoding="utf-8")
    with pytest.raises(DataError) as refusal:
        load.read_vintages(folder)
    assert "“{ a = true }”" in refusal.value.text("vi")

    (folder / FILE).write_text("[scenario.x]\nname_vi = \n", encoding="utf-8")
    with pytest.raises(DataError) as refusal:
        load.read_vintages(folder)

    assert "dòng 2: không đúng cú pháp TOML ở ký tự thứ 11" in refusal.value.text("vi")


def test_scenarios_and_tables_are_told_in_one_round(folder):
    """A bad scenario does not wait for the tables to be mended."""
    (folder / FILE).write_text("[scenario.x]\n", encoding="utf-8")
    append(folder / "remedies.csv", "Sở Nội vụ,1.1.77,a,,,doing,,2024-07-01,,")

    assert {file for file, _, _ in refused(folder)} == {FILE, "remedies.csv"}
