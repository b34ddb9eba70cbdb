"""docs/hub.md names commands that there are, the same in both languages."""

import re
from pathlib import Path

from forecast import cli

PAGE = (Path(__file__).parents[2] / "docs" / "hub.md").read_text(encoding="utf-8")


def test_each_command_of_the_page_exists(capsys):
    """Its options stand in the help."""
    commands = re.findall(r"`(forecast hub [^`]+)`", PAGE)
    assert cli.run(["hub", "--help"]) == 0
    known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))

    assert len(commands) >= 16
    for command in commands:
        words = command.split()
        assert words[2] in {"export", "validate", "ensemble", "score"}
        assert {word for word in words if word.startswith("--")} <= known


def test_both_languages_name_the_same_commands():
    """Line by line, but for names of folders and files."""
    vi, en = PAGE.split("# Exchanging forecasts")
    shapes = [
        [re.sub(r" [^-\s]\S*", "", line) for line in re.findall(r"`forecast hub ([^`]+)`", part)]
        for part in (vi, en)
    ]
    assert shapes[0] == shapes[1]
