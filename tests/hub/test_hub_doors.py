"""What the configuration of a hub and the options of `forecast hub` refuse, case by case."""

import os

import pytest

from forecast import cli
from forecast.base.errors import DataError
from forecast.hub import layout

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
    "{}".encode("utf-16"): UTF8,
    b'{"a": "\xff"}': UTF8,
}
COMMANDS = [
    ([], "validate|ensemble|score|export is missing"),
    (["x"], "allowed are: validate, ensemble, score, export"),
    (["validate"], "HUB is missing"),
    (["validate", ""], "HUB is empty"),
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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="links and pipes as on Linux")
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
