"""`forecast framework`: what is written, what is refused, what people see; figures are made up."""

import datetime as dt
import os

import pytest

from forecast import cli
from forecast.base import disk
from forecast.base.errors import DataError, WriteError
from forecast.base.lock import hold_lock
from forecast.data import load
from forecast.data.framework import framework_for
from forecast.intake import writer
from forecast.intake.annex import framework_rows, framework_table, tree

NAME = "876/QĐ-BNV"
AS_OF = dt.date(2024, 10, 20)


@pytest.fixture
def run(data_dir, capsys):
    """Run the verb; give exit code, standard output and standard error."""

    def go(*arguments, lang="vi"):
        words = ["--lang", lang, "framework", *map(str, arguments), "--data-dir", str(data_dir)]
        code = cli.run(words)
        told = capsys.readouterr()
        return code, told.out, told.err

    return go


@pytest.fixture
def bring(run):
    """Bring an annex in under the framework's name, marked as made up."""

    def go(path, *more, lang="vi"):
        return run("import", path, "--framework", NAME, "--status", "made_up", *more, lang=lang)

    return go


@pytest.fixture
def path(made_up, tmp_path):
    """A sound annex; its domains 2 and 7 differ from what the table assumes."""
    maxima = {**made_up.DOMAIN_MAXIMA, 6: 13.0, 7: 12.5}
    return made_up.with_titles(made_up.nodes(maxima=maxima), tmp_path)


def frameworks(data_dir):
    """Lines of the table."""
    return (data_dir / "frameworks.csv").read_text(encoding="utf-8").splitlines()


def version(data_dir):
    """The framework of 2023 as the door to the data gives it."""
    known = load.read(data_dir, as_of=AS_OF)
    return framework_for(known.frameworks, known.events, "PAR", 2023, AS_OF)


def test_criteria_come_through_the_door_to_the_data(bring, path, data_dir, made_up):
    """After the import the folder is sound, and the framework has every criterion with its parent."""
    code, _, err = bring(path, "--source", "Phụ lục giả định")
    criteria = version(data_dir).criteria

    maxima = {**made_up.DOMAIN_MAXIMA, 6: 13.0, 7: 12.5}
    tree = [node for node in made_up.nodes(maxima=maxima) if len(node.path) > 1]
    assert (code, err) == (0, "")
    assert criteria["component"].tolist() == [node.code for node in tree]
    assert criteria["max_score"].tolist() == [node.points for node in tree]
    assert set(criteria["max_status"]) == {"made_up"}
    parents = dict(zip(criteria["component"], criteria["parent"], strict=True))
    assert (parents["1.2.1"], parents["1.2"]) == ("1.2", "D1")
    assert (parents["8.1"], parents["8.2"]) == ("D8.sipas", "D8.outcome")
    sources = dict(zip(criteria["component"], criteria["source"], strict=True))
    assert sources == {node.code: node.source for node in tree}


def test_the_department_is_the_domains_where_the_annex_does_not_say(bring, path, data_dir):
    """Each criterion has somebody in charge; the halves of domain 8 have their own."""
    bring(path)
    criteria = version(data_dir).criteria.set_index("component")["responsible"]

    assert criteria["2.1.1"] == "Sở Tư pháp"
    assert criteria["8.1.1"] == "Sở Nội vụ"
    assert criteria["8.2.1"] == "Sở Kế hoạch và Đầu tư"


def test_an_assumed_maximum_gives_way_and_a_read_one_stays(bring, path, data_dir):
    """Assumed maxima of domains become the annex's, with its status; the lines of the others stay."""
    before = {line.split(",")[3]: line for line in frameworks(data_dir) if line.startswith(NAME)}
    code, out, _ = bring(path)
    after = {line.split(",")[3]: line for line in frameworks(data_dir) if line.startswith(NAME)}

    assert code == 0
    assert version(data_dir).maximum("D6") == 13.0
    assert version(data_dir).max_status("D6") == "made_up"
    assert "D6, điểm tối đa: 12 → 13" in out
    kept = ("total", "D1", "D2", "D3", "D4", "D5", "D8", "D8.sipas", "D8.outcome", "part.appraised")
    assert {name: after[name] for name in kept} == {name: f"{before[name]},,,," for name in kept}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_other_frameworks_stay_byte_for_byte(bring, path, data_dir, end, mark):
    """Rows of another decision keep every byte; new columns are empty cells at their ends."""
    file = data_dir / "frameworks.csv"
    file.write_bytes((mark + end.join([*frameworks(data_dir), ""])).encode())
    before = file.read_bytes().split(end.encode())
    bring(path)
    after = file.read_bytes().split(end.encode())

    assert after[0] == before[0] + b",source,rule,indicator,deadline"
    others = [line for line in before if line.startswith(b"2948")]
    assert [line for line in after if line.startswith(b"2948")] == [line + b",,,," for line in others]
    assert b"\n" not in b"".join(after) or end == "\n"


def test_columns_that_are_there_are_not_added_again(bring, path, data_dir, made_up, tmp_path):
    """A second import, of another framework, leaves the lines of the first alone."""
    bring(path)
    before = frameworks(data_dir)
    other = made_up.one_column(made_up.nodes(3), tmp_path)
    arguments = ["--framework", "0/QĐ-GĐ", "--first-year", "2014", "--last-year", "2015"]
    code = cli.run(["framework", "import", str(other), *arguments, "--data-dir", str(data_dir)])
    after = frameworks(data_dir)

    assert code == 0
    assert after[: len(before)] == before
    assert sum(line.startswith("0/QĐ-GĐ,2014,2015,") for line in after) == len(after) - len(before)
    load.read(data_dir, as_of=AS_OF)


def test_the_same_annex_again_changes_nothing(bring, path, data_dir):
    """Brought in twice, the table is the same, and that is said."""
    bring(path)
    before = (data_dir / "frameworks.csv").read_bytes()
    code, out, _ = bring(path)

    assert code == 0
    assert "Không có gì thay đổi" in out
    assert (data_dir / "frameworks.csv").read_bytes() == before


def test_criteria_are_replaced_only_when_told(bring, path, data_dir, made_up, tmp_path):
    """Another annex under the same name is shown and refused; with --replace it stands in the table alone."""
    bring(path)
    before = (data_dir / "frameworks.csv").read_bytes()
    maxima = {**made_up.DOMAIN_MAXIMA, 6: 13.0, 7: 12.5}
    tree = made_up.nodes(4, maxima)
    other = made_up.one_column(tree, tmp_path)
    code, out, err = bring(other)

    assert code == 2
    assert "--replace" in err
    assert "bỏ, trước là" in out
    assert (data_dir / "frameworks.csv").read_bytes() == before

    code, _, err = bring(other, "--replace")

    assert (code, err) == (0, "")
    assert version(data_dir).criteria["component"].tolist() == [
        node.code for node in tree if len(node.path) > 1
    ]


def test_a_dry_run_writes_nothing(bring, path, data_dir):
    """The summary is shown and the folder stays as it was."""
    before = {file.name: file.read_bytes() for file in data_dir.iterdir()}
    code, out, _ = bring(path, "--dry-run")

    assert code == 0
    assert "Chạy thử" in out
    assert {file.name: file.read_bytes() for file in data_dir.iterdir()} == before


def test_a_bad_annex_writes_nothing(bring, data_dir, made_up, tmp_path):
    """Exit code 1, every problem on standard error, the folder as it was."""
    rows = [[*made_up.HEAD], *made_up.rows_of(made_up.nodes())]
    rows[3][2] = "x"
    before = (data_dir / "frameworks.csv").read_bytes()
    code, out, err = bring(made_up.write_sheet(tmp_path / "bad.xlsx", rows), lang="en")

    assert (code, out) == (1, "")
    assert "sheet “Phụ lục”, cell C4" in err
    assert (data_dir / "frameworks.csv").read_bytes() == before


def test_what_would_break_another_table_is_not_written(bring, path, data_dir, made_up, tmp_path):
    """A remedy for a criterion that the new annex lacks: refused, with the remedy's row."""
    bring(path)
    codes = set(version(data_dir).criteria["component"])
    maxima = {**made_up.DOMAIN_MAXIMA, 6: 13.0, 7: 12.5}
    tree = made_up.nodes(4, maxima)
    gone = min(codes - {node.code for node in tree})
    columns = "unit,component,action,responsible,due,state,expected_effect,recorded_on,source_url,note"
    row = f"Sở giả định,{gone},Việc giả định,,,planned,,2024-06-01,,"
    (data_dir / "remedies.csv").write_text(f"{columns}\n{row}\n", encoding="utf-8")
    before = (data_dir / "frameworks.csv").read_bytes()
    code, _, err = bring(made_up.one_column(tree, tmp_path), "--replace")

    assert code == 1
    assert "remedies.csv, dòng 2, cột component" in err
    assert "chưa ghi gì" in err
    assert (data_dir / "frameworks.csv").read_bytes() == before


def test_a_read_only_target_is_refused_in_words(bring, path, data_dir):
    """Exit code 4 and a sentence; the file is as it was, and nothing is left beside it."""
    file = data_dir / "frameworks.csv"
    before = file.read_bytes()
    file.chmod(0o444)
    code, _, err = bring(path)

    assert code == 4
    assert "không có quyền ghi" in err
    assert file.read_bytes() == before
    assert list(data_dir.glob(".*.part")) == []


def test_another_import_at_work_is_respected(bring, path, data_dir, monkeypatch):
    """While another process holds the folder's lock, nothing is written."""
    monkeypatch.setattr(writer, "PATIENCE", 0.0)
    before = (data_dir / "frameworks.csv").read_bytes()
    with hold_lock(data_dir / load.LOCK):
        code, _, err = bring(path)

    assert code == 4
    assert "tiến trình khác" in err
    assert (data_dir / "frameworks.csv").read_bytes() == before


def test_a_table_changed_in_the_meantime_is_not_overwritten(data_dir):
    """What was planned on other bytes is refused, and the newer bytes stay."""
    file = data_dir / "frameworks.csv"
    before = file.read_bytes()
    file.write_bytes(before + b"\n")

    with pytest.raises(WriteError, match="changed in the meantime"):
        writer.put(data_dir, file.name, b"new", before=before)
    assert file.read_bytes() == before + b"\n"
    assert list(data_dir.glob(".*.part")) == []


def test_a_full_disk_leaves_the_old_table(data_dir, monkeypatch):
    """If the new bytes cannot be kept, the old file stands and nothing lies beside it."""

    def full(_):
        raise OSError(28, "No space left on device")

    file = data_dir / "frameworks.csv"
    before = file.read_bytes()
    monkeypatch.setattr(disk.os, "fsync", full)

    with pytest.raises(WriteError, match="no room"):
        writer.put(data_dir, file.name, b"new", before=before)
    assert file.read_bytes() == before
    assert list(data_dir.glob(".*.part")) == []


def test_the_rights_of_the_table_are_kept(bring, path, data_dir):
    """Who could read the table before can read it afterwards."""
    file = data_dir / "frameworks.csv"
    file.chmod(0o640)
    bring(path)

    assert oct(file.stat().st_mode & 0o777) == "0o640" or os.name == "nt"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["import"], "FILE"),
        (["import", "a.xlsx"], "--framework"),
        (["import", "{path}", "--framework", "0/QĐ-GĐ"], "--first-year"),
        (["import", "{path}", "--framework", NAME, "--first-year", "2020"], "2022"),
        (["import", "{path}", "--framework", NAME, "--first-year", "2024", "--last-year", "2022"], "2024"),
        (["import", "{path}", "--framework", NAME, "--first-year", "3000"], "3000"),
        (["import", "{path}", "--framework", " "], "--framework"),
        (["import", "{path}", "--framework", NAME, "--status", "guessed"], "guessed"),
        (["show", "{path}"], "annex"),
        (["show", "--framework", "876"], NAME),
        (["import", "{path}", "--framework", NAME, "--column", "E"], "--column"),
    ],
)
def test_wrong_use_is_refused_in_both_languages(run, path, arguments, words):
    """Exit code 2, and the sentence names what is wrong."""
    arguments = [str(path) if word == "{path}" else word for word in arguments]
    for lang in ("vi", "en"):
        code, out, err = run(*arguments, lang=lang)

        assert (code, out) == (2, "")
        assert words in err or path.name in err


def test_a_damaged_table_is_told_before_anything_else(bring, path, data_dir):
    """A bad number in frameworks.csv is the table's problem, told with its row."""
    file = data_dir / "frameworks.csv"
    file.write_text(file.read_text(encoding="utf-8").replace(",9.5,", ",9.x,"), encoding="utf-8")
    code, _, err = bring(path)

    assert code == 1
    assert "frameworks.csv, dòng" in err


def test_columns_beside_are_kept(bring, data_dir, made_up, tmp_path):
    """Rule, indicator (by name too), last day, department and note come into the table as they should."""
    rows = [[*made_up.HEAD, "Quy tắc chấm điểm", "Chỉ tiêu", "Thời hạn", "Cơ quan chủ trì"]]
    rows += [[*row, "", "", "", ""] for row in made_up.rows_of(made_up.nodes())]
    first = next(row for row in rows if row[0] == "1.1.1")
    first[4:] = [
        "Ghi chú giả định",
        "tỷ lệ (100)",
        "Tốc độ tăng GRDP",
        dt.date(2024, 12, 31),
        "Sở Giả định",
    ]
    prose = next(row for row in rows if row[0] == "1.1.2")
    prose[5] = "Hội đồng giả định chấm theo tài liệu kiểm chứng"
    code, out, err = bring(made_up.write_sheet(tmp_path / "wide.xlsx", rows))
    criteria = version(data_dir).criteria.set_index("component")

    assert (code, err) == (0, "")
    assert criteria.loc["1.1.1", ["rule", "indicator", "responsible"]].tolist() == [
        *("proportional", "grdp_growth", "Sở Giả định"),
    ]
    assert criteria.loc["1.1.1", "deadline"].date() == dt.date(2024, 12, 31)
    assert "1.1.2" in next(line for line in out.splitlines() if "lời văn" in line)
    assert criteria.loc["1.1.2", "rule"] == ""
    known = framework_table.read_table(data_dir / "frameworks.csv").of(NAME)
    assert known["1.1.1"]["note"].startswith("Ghi chú giả định | Từ 95% trở lên")
    assert "kiểm chứng" in known["1.1.2"]["note"]


def test_proposed_rules_say_so_in_their_note(bring, path, data_dir):
    """A rule made of printed lines keeps the lines and the word that nobody has confirmed it."""
    bring(path)
    known = framework_table.read_table(data_dir / "frameworks.csv").of(NAME)
    proposed = [row for row in known.values() if row["rule"]]

    assert proposed
    assert all("Từ 95% trở lên" in row["note"] for row in proposed)
    assert all("quy tắc đề xuất, chờ xác nhận" in row["note"] for row in proposed)


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_summary_is_as_agreed(bring, path, golden, data_dir, lang):
    """What an analyst sees before the table is written."""
    _, out, _ = bring(path, "--dry-run", lang=lang)

    golden(f"annex/summary-{lang}.txt", out.replace(str(data_dir), "data"))


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_tree_is_as_agreed(bring, run, path, golden, lang):
    """`forecast framework show` before and after the import."""
    _, before, _ = run("show", "--framework", NAME, lang=lang)
    bring(path)
    _, after, _ = run("show", lang=lang)

    golden(f"annex/show-{lang}.txt", f"{before}\n{after}")


def test_problems_are_as_agreed(bring, golden, made_up, tmp_path):
    """Many misfits at once, as they are told in both languages."""
    rows = [[*made_up.HEAD], *made_up.rows_of(made_up.nodes(), points=float)]
    spoilt = {"1.1.1": (2, "=1+1"), "2.1.1": (2, "nhiều"), "3.1.1": (3, "Xổ số"), "4.1.2": (0, "4.1.4")}
    for row in rows:
        if row[0] in spoilt:
            column, value = spoilt[row[0]]
            row[column] = value
    path = made_up.write_sheet(tmp_path / "annex.xlsx", rows)
    told = [bring(path, lang=lang)[2] for lang in ("vi", "en")]

    golden("annex/problems.txt", "\n".join(told))


def test_a_framework_without_any_row_needs_no_table_of_halves(made_up, data_dir, tmp_path):
    """A new framework gets total and domains from the annex, and its domain 8 has no halves."""
    request = framework_rows.Request(framework="0/QĐ-GĐ", first_year=2020, last_year=2021, status="made_up")
    plan = framework_rows.prepare_import(
        tree.read(made_up.one_column(made_up.nodes(), tmp_path)), request, data_dir
    )

    assert sorted(plan.above) == sorted(["total", *(f"D{number}" for number in range(1, 9))])
    assert {row["parent"] for row in plan.rows if row["component"] in ("8.1", "8.2")} == {"D8"}


def test_problems_of_annex_and_table_are_told_together(made_up, data_dir, tmp_path):
    """A cell that is bad by itself and a domain that contradicts the table stand in one list."""
    rows = [[*made_up.HEAD], *made_up.rows_of(made_up.nodes(), points=float)]
    rows[1][2] = 9.25
    rows[3][2] = "x"
    found = tree.read(made_up.write_sheet(tmp_path / "two.xlsx", rows))

    with pytest.raises(DataError) as error:
        framework_rows.prepare_import(found, framework_rows.Request(framework=NAME), data_dir)
    assert {problem.expected_key for problem in error.value.problems} >= {"annex.differs", "annex.maximum"}
