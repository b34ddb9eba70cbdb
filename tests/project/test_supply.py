"""What is delivered and what it rests on: a build that can be repeated, an audit that does not pretend."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOOD = {"name": "a", "version": "1", "vulns": []}
HOLE = {"name": "b", "version": "2", "vulns": [{"id": "CVE-made-up", "fix_versions": ["2.1"]}]}
SKIPPED = {"name": "c", "skip_reason": "Dependency not found"}


@pytest.fixture(scope="module")
def audit():
    """tools/audit.py as a module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "tools"))
        spec = importlib.util.spec_from_file_location("audit", ROOT / "tools" / "audit.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    sys.modules.pop("set_up")  # other tests load it by themselves
    return module


@pytest.mark.parametrize(
    ("packages", "code", "said"),
    [
        ([GOOD], 0, "Audited: 1/1"),
        ([GOOD, HOLE], 1, "b 2: CVE-made-up (2.1)"),
        ([GOOD, SKIPPED], 3, "Not audited: 1/2 (c)"),
        ([HOLE, SKIPPED], 1, "Not audited: 1/2 (c)"),
        ([SKIPPED], 3, "Not audited: 1/1 (c)"),
        ([], 3, "Not audited: 0/0"),
    ],
)
def test_only_what_was_looked_at_has_passed(audit, packages, code, said):
    """A package that the database does not know is no good one, though pip-audit ends well."""
    lines, found = audit.verdict(packages)

    assert (found, said in "\n".join(lines)) == (code, True)


@pytest.mark.parametrize(("out", "err"), [("", "Trace\nno network"), ("{}", "odd"), ("[", "cut")])
def test_no_database_is_no_pass(audit, capsys, monkeypatch, out, err):
    """Whatever pip-audit ends with, without an answer nothing was audited."""
    ended = subprocess.CompletedProcess([], 0, stdout=out, stderr=err)
    monkeypatch.setattr(audit.subprocess, "run", lambda *_, **__: ended)

    assert audit.main([]) == 3
    told = capsys.readouterr().out
    assert "Not audited" in told
    assert err.splitlines()[-1] in told


def test_a_wheel_has_the_same_bytes_whenever_and_wherever_it_is_built(tmp_path):
    """Neither the day of the files nor their modes nor the folder enter it."""
    digests = set()
    for number in range(2):
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", copy)
        for path in sorted((copy / "src").rglob("*.py"), reverse=bool(number)):
            os.utime(path, (1e9 + number, 1e9 + number))
            path.chmod(0o600 + 0o44 * number)
        command = [
            sys.executable,
            "-m",
            "hatchling",
            "build",
            "-t",
            "wheel",
            "-d",
            str(tmp_path / str(number)),
        ]
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
        subprocess.run(command, cwd=copy, check=True, capture_output=True, env=environment, timeout=300)
        (wheel,) = (tmp_path / str(number)).iterdir()
        digests.add(hashlib.sha256(wheel.read_bytes()).hexdigest())

    assert len(digests) == 1
