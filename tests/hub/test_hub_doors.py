"""What the configuration of a hub and the options of `forecast hub` refuse, case by case."""

import json
import os
import sys

import pandas as pd
import pytest
from fastparquet import write as write_parquet

from forecast import cli
from forecast.base.errors import DataError
from forecast.hub import layout, parquet, tables

WRONG_KIND, FLAT, UTF8 = "the wrong kind of value", "nested too deeply", "is no text in UTF-8"
CONTENT = {
    b"": "row 1: from character 1 on this is no JSON",
    b'{"rounds":': "row 1: from character 11 on this is no JSON",
    b'{\n "a": 1,\n}': "row 3: from character 1 on this is no JSON",
    b'{"rounds": [{"a": 1, "a": 2}]}': "the key “a” stands twice in one object of JSON",
    b"{} x": "row 1: from character 4 on this is no JSON",
    b"[]": WRONG_KIND,
    b"null": WRONG_KIND,
    b"5": WRONG_KIND,
    b'"text"': WRONG_KIND,
    b"[" * 100_000: FLAT,
    b'{"a":' * 100_000: FLAT,
    b'{"a": "\\ud800"}': FLAT,
    b'{"a": ' + b"9" * 5_000 + b"}": FLAT,
    b'{"a": NaN}': "found “NaN”: JSON has no such number",
    b'{"a": [-Infinity]}': "found “-Infinity”: JSON has no such number",
    b'{"a": 1e999}': "found “1e999”: JSON has no such number",
    "{}".encode("utf-16"): UTF8,
    b'{"a": "\xff"}': UTF8,
}
COMMANDS = [
    ([], "validate|ensemble|score|export is missing"),
    (["x"], "allowed are: validate, ensemble, score, export"),
    (["validate"], "HUB is missing"),
    (["validate", ""], "HUB is empty"),
    (["validate", "x" * 300], "is too long"),
    (["score", "{hub}", "--observed", "x" * 300], "is too long"),
    (["validate", "nowhere"], "there is no such folder"),
    (["score", "nowhere"], "there is no such folder"),
    (["ensemble", "nowhere"], "there is no such folder"),
    (["validate", "{hub}", "extra"], "Not understood: extra"),
    (["validate", "{hub}", "--nope"], "There is no option --nope"),
    (["validate", "{hub}", "--schemas", ""], "--schemas is empty"),
    (["export", "{hub}", "--reports-dir", "nowhere"], "There is no run latest"),
    (["ensemble", "{hub}", "--method", "x"], "there is no --method “x”"),
]


@pytest.mark.parametrize("name", ["tasks.json", "admin.json", "model-metadata-schema.json"])
@pytest.mark.parametrize("content", CONTENT, ids=range(len(CONTENT)))
def test_a_configuration_that_cannot_be(hub, name, content):
    """The file and the place are named, whichever file it is."""
    (hub / "hub-config" / name).write_bytes(content)

    with pytest.raises(DataError) as refused:
        layout.read(hub)

    told = refused.value.text("en")
    assert CONTENT[content] in told
    assert f"hub-config/{name}" in told


ROUND, GROUP = ("rounds", 0), ("rounds", 0, "model_tasks", 0)
LOCATION = (*GROUP, "task_ids", "location", "required")
SHAPES = [
    ((*ROUND, "derived_task_ids"), [["horizon"]], WRONG_KIND),
    ((*ROUND, "derived_task_ids"), ["nope"], "no task id"),
    (
        (*ROUND, "derived_task_ids"),
        ["origin_date", "target", "horizon", "location"],
        "all task ids are derived",
    ),
    (LOCATION, [["A"]], WRONG_KIND),
    (LOCATION, [{"a": 1}], WRONG_KIND),
    (LOCATION, [None], WRONG_KIND),
    ((*GROUP, "output_type", "quantile", "output_type_id", "required"), [[0.1]], WRONG_KIND),
    ((*GROUP, "target_metadata", 0, "target_type"), ["ordinal"], WRONG_KIND),
    (("schema_version",), f"https://x/v{'9' * 5_000}.0.0/tasks-schema.json", "6.0.0"),
]


@pytest.mark.parametrize(("place", "value", "said"), SHAPES, ids=range(len(SHAPES)))
def test_tasks_of_a_wrong_shape(hub, place, value, said):
    """What stands where something else is needed is named with its place."""
    path = hub / "hub-config" / "tasks.json"
    tasks = json.loads(path.read_text(encoding="utf-8"))
    part = tasks
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = value
    path.write_text(json.dumps(tasks), encoding="utf-8")

    with pytest.raises(DataError) as refused:
        layout.read(hub)

    assert said in refused.value.text("en")


def test_one_slip_of_all_groups_is_told_once(hub):
    """The round's name is the same for each of them."""
    path = hub / "hub-config" / "tasks.json"
    tasks = json.loads(path.read_text(encoding="utf-8"))
    tasks["rounds"][0]["round_id"] = "nope"
    tasks["rounds"][0]["model_tasks"] *= 2
    path.write_text(json.dumps(tasks), encoding="utf-8")

    with pytest.raises(DataError) as refused:
        layout.read(hub)

    assert len(refused.value.problems) == 1


def test_a_folder_of_forecasts_with_a_name_too_long(hub):
    """No system can have it."""
    path = hub / "hub-config" / "admin.json"
    admin = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**admin, "model_output_dir": "x" * 300}), encoding="utf-8")

    with pytest.raises(DataError) as refused:
        layout.read(hub)

    assert "model_output_dir" in refused.value.text("en")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a program of the shell")
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("lists", "cannot be read as Parquet"),
        ("a process that ends: kill -SEGV $$", "cannot be read as Parquet"),
        ("a process that hangs: sleep 5", "is not read with 10 seconds of processor time and 1 GB"),
        ("a process that works too long: kill -XCPU $$", "is not read with 10 seconds"),
        ("no end of the file", "cannot be read as Parquet"),
    ],
)
def test_parquet_that_cannot_be_read(kind, said, tmp_path, monkeypatch, capfd):
    """The file is refused, whatever it does to the library, and no word of the library is shown."""
    path = tmp_path / "a.parquet"
    cells = [[1, 2], [3]] if kind == "lists" else ["a", "b"]
    write_parquet(str(path), pd.DataFrame({"value": cells}))
    if kind == "no end of the file":
        path.write_bytes(b"PAR1" + bytes(20) + b"\xff\xff\xff\x7fPAR1")
    elif kind.startswith("a process"):
        monkeypatch.setattr(parquet, "_SECONDS", 0.5)
        odd = tmp_path / "odd"
        odd.write_text("#!/bin/sh\n" + kind.partition(": ")[2] + "\n", encoding="utf-8")
        odd.chmod(0o755)
        monkeypatch.setattr(parquet.sys, "executable", str(odd))

    with pytest.raises(DataError) as refused:
        tables.read(path, "a.parquet")

    told = refused.value.text("en")
    assert "a.parquet: this" in told
    assert said in told
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="links and pipes as on Linux")
def test_a_table_that_is_a_link_to_itself(hub, capsys):
    """The file is named, as one that cannot be read."""
    path = next((hub / "model-output").glob("*/*.csv"))
    path.unlink()
    path.symlink_to(path.name)

    assert cli.run(["hub", "validate", str(hub), "--lang", "en"]) == 1
    assert f"{path.name}: this link leads back to itself" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_a_configuration_that_is_no_file_of_the_hub(hub, tmp_path, kind):
    """A link to another folder is not followed, and a pipe not waited for."""
    path = hub / "hub-config" / "tasks.json"
    outside = tmp_path / "outside.json"
    outside.write_bytes(path.read_bytes())
    path.unlink()
    if kind == "link":
        path.symlink_to(outside)
    else:
        (os.mkfifo if kind == "pipe" else os.mkdir)(path)

    with pytest.raises(DataError) as refused:
        layout.read(hub)

    told = refused.value.text("en")
    assert ("points out of the hub" if kind == "link" else "not a regular file") in told


@pytest.mark.parametrize(("words", "said"), COMMANDS)
def test_a_command_that_cannot_be_done(hub, capsys, words, said):
    """One sentence and no traceback."""
    code = cli.run(["hub", *(word.format(hub=hub) for word in words), "--lang", "en"])

    told = capsys.readouterr().err
    assert code in {1, 2}
    assert said in told
    assert "Traceback" not in told


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory as Linux has them")
def test_parquet_that_takes_too_much_memory_is_told_so(tmp_path, monkeypatch):
    """It is not called damaged, as it may be whole."""
    path = tmp_path / "a.parquet"
    write_parquet(str(path), pd.DataFrame({"value": [f"{number:x}" * 40 for number in range(200_000)]}))
    monkeypatch.setattr(parquet, "MEMORY", 200_000_000)  # of which the libraries take the most

    with pytest.raises(DataError, match="1 GB of memory"):
        tables.read(path, "a.parquet")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_on_any_machine(end, tmp_path):
    """A table saved by an old Macintosh is the same table."""
    path = tmp_path / "a.csv"
    path.write_bytes(end.join(["location,value", "Hà Nội,1.5", "Huế,2.5", ""]).encode())

    assert tables.read(path, "a.csv").to_numpy().tolist() == [["Hà Nội", "1.5"], ["Huế", "2.5"]]
