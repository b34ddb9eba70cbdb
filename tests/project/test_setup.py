"""The set-up: one list of dependencies, locked by hash, the same for each system and nobody's machine."""

import ast
import doctest
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
CONDA = (ROOT / "environment.yml").read_text(encoding="utf-8")
# Names that conda-forge gives to the part of a package that PyPI's package is.
FROM_CONDA = {"matplotlib-base": "matplotlib", "nbconvert-core": "nbconvert"}
# One package of the lock: its line, then lines further in.
ENTRY = re.compile(r"^(?P<pin>[A-Za-z0-9][^\n]*?)(?: \\)?\n(?P<rest>(?:[ ]+[^\n]*\n)*)", re.MULTILINE)
SIMPLE, PACKAGES, INDEX = (
    "simple",
    "packages",
    "index",
)  # put together below: no address of an index stands here
# Package indexes and mirrors: a path below /simple, a stored file's path, or an option that names one.
INDEX_HOST = re.compile(
    rf"https?://[\w.:@-]+/(?:[\w./-]*/)?{SIMPLE}\b|https?://[\w.-]+/{PACKAGES}/"
    rf"|--(?:extra-)?{INDEX}-url[ =]|--find-links[ =]"
)
# Folders that exist on one machine only; a made-up user in a test is called x.
MACHINE_PATH = re.compile(r"(?<![\w.])(?:/(?:home|root|Users|work)/\w{2}|[A-Z]:\\Users\\\w{2})")

needs_make = pytest.mark.skipif(
    shutil.which("make") is None, reason="make is not here (Windows does without)"
)


def script(name: str) -> ModuleType:
    """A script of tools/, loaded as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def group(name: str) -> list[str]:
    """The requirements of a dependency group, with the groups that it includes."""
    found = []
    for item in PROJECT["dependency-groups"][name]:
        found += group(item["include-group"]) if isinstance(item, dict) else [item]
    return found


def pins() -> list[tuple[Requirement, str]]:
    """Each pin of the lock, with the lines that follow it."""
    return [(Requirement(m["pin"]), m["rest"]) for m in ENTRY.finditer(LOCK)]


def wanted() -> dict[str, Requirement]:
    """Each requirement that pyproject.toml states anywhere, by name."""
    project = PROJECT["project"]
    lines = [*project["dependencies"], *PROJECT["build-system"]["requires"], *group("dev")]
    lines += [line for extra in project["optional-dependencies"].values() for line in extra]
    return {canonicalize_name(r.name): r for r in map(Requirement, lines)}


def committed() -> list[Path]:
    """The files that git keeps, but for pictures and workbooks."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=120,
    )
    if listed.returncode != 0:
        pytest.skip("not a git clone, so there is no list of files to look through")
    names = [name for name in listed.stdout.decode("utf-8").split("\0") if name]
    return [ROOT / n for n in names if not n.endswith((".png", ".xlsx", ".pdf")) and (ROOT / n).is_file()]


@pytest.mark.parametrize("name", sorted(wanted()))
def test_every_dependency_is_locked_within_its_bounds(name: str) -> None:
    """What pyproject.toml asks for stands in the lock, in versions that it allows."""
    versions = [next(iter(pin.specifier)).version for pin, _ in pins() if canonicalize_name(pin.name) == name]

    assert versions
    assert [v for v in versions if not wanted()[name].specifier.contains(v)] == []


def test_every_pin_is_exact_and_hashed() -> None:
    """A lock line names one version and at least one sha256, so that nothing else can be installed."""
    assert len(pins()) > len(wanted())
    assert [str(pin) for pin, _ in pins() if [s.operator for s in pin.specifier] != ["=="]] == []
    assert [str(pin) for pin, rest in pins() if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", rest)] == []


def test_the_lock_serves_windows_and_macos_too() -> None:
    """What only another system needs is in the lock as well, behind its marker."""
    markers = " ".join(str(pin.marker) for pin, _ in pins() if pin.marker)

    assert "win32" in markers
    assert "darwin" in markers


def test_conda_gets_the_versions_of_the_lock() -> None:
    """environment.yml holds each run-time dependency, and each in the lock's version for its Python."""
    items = dict(re.findall(r"^  - ([\w.-]+)==?([\w.]+)$", CONDA, re.MULTILINE))
    python = items.pop("python")
    versions = {FROM_CONDA.get(name, name): version for name, version in items.items()}
    here = {"python_version": python, "python_full_version": f"{python}.9"}
    locked = {
        canonicalize_name(pin.name): next(iter(pin.specifier)).version
        for pin, _ in pins()
        if pin.marker is None or pin.marker.evaluate(here)
    }
    needed = PROJECT["project"]["dependencies"] + PROJECT["build-system"]["requires"]

    assert set(versions) == {canonicalize_name(Requirement(line).name) for line in needed}
    assert versions == {name: locked[name] for name in versions}
    assert f">={python}" == PROJECT["project"]["requires-python"]


def test_the_build_needs_nothing_that_is_not_locked() -> None:
    """The package is built without a fetched, unpinned backend."""
    assert {Requirement(r).name for r in PROJECT["build-system"]["requires"]} <= {
        Requirement(r).name for r in group("install")
    }


def test_each_dependency_has_its_reason() -> None:
    """docs/decisions says of every direct dependency why it is here, in a line of its own."""
    page = (ROOT / "docs" / "decisions" / "0002-dependencies.md").read_text(encoding="utf-8")
    explained = re.findall(r"^\| `([\w.-]+)` \| \S.*\|$", page, re.MULTILINE)

    assert sorted(explained) == sorted(wanted())


def test_no_package_index_is_named() -> None:
    """Where packages come from is the machine's affair: no committed file names a host of an index."""
    own = Path(__file__)
    found = {
        f"{path.relative_to(ROOT)}: {hit.group()}"
        for path in committed()
        if path != own and (hit := INDEX_HOST.search(path.read_text(encoding="utf-8", errors="replace")))
    }

    assert found == set()


def test_no_path_of_one_machine_is_named() -> None:
    """A clone works wherever it lies: no committed file names somebody's folder."""
    own = Path(__file__)
    found = {
        f"{path.relative_to(ROOT)}: {hit.group()}"
        for path in committed()
        if path != own and (hit := MACHINE_PATH.search(path.read_text(encoding="utf-8", errors="replace")))
    }

    assert found == set()


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (f"--{INDEX}-url https://mirror.example/{SIMPLE}", True),
        (f"https://mirror.example/all/{SIMPLE}/pandas/", True),
        (f"https://files.example/{PACKAGES}/ab/cd/x.whl", True),
        ("pip config set global.index-url URL", False),
        ("https://chinhphu.vn/bao-cao", False),
    ],
)
def test_an_index_is_recognised(text: str, seen: bool) -> None:
    """The pattern above finds indexes, and leaves sources of figures alone."""
    assert bool(INDEX_HOST.search(text)) is seen


@pytest.mark.parametrize("version", [(2, 7), (3, 6), (3, 10, 14)])
def test_an_old_python_is_refused_in_words(version: tuple[int, ...]) -> None:
    """The sentence says which Python this is and which is needed."""
    set_up = script("set_up")

    with pytest.raises(set_up.SetUpError, match=r"3\.11.*\d\.\d+"):
        set_up.check_python(version)


def test_the_running_python_is_accepted() -> None:
    """The tests themselves run on a Python that will do."""
    script("set_up").check_python(sys.version_info)


def test_set_up_can_be_read_by_an_old_python() -> None:
    """A Python too old must get as far as the sentence, so the script has no later syntax."""
    source = (ROOT / "tools" / "set_up.py").read_text(encoding="utf-8")

    ast.parse(source, feature_version=(3, 6))  # raises SyntaxError at anything later


def test_the_examples_of_set_up_hold() -> None:
    """What the script's docstrings show is what it does."""
    assert doctest.testmod(script("set_up")) == (0, 2)


def test_the_wheel_holds_all_that_the_package_reads(tmp_path: Path) -> None:
    """Texts and templates lie beside the code, and are installed with it."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    src = ROOT / "src"
    package = [f.relative_to(src).as_posix() for f in committed() if f.is_relative_to(src)]

    assert "forecast/py.typed" in package
    assert [name for name in package if name not in inside] == []


def test_pips_mirror_reaches_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mirror in pip's settings, which uv does not read, is handed over, unless uv has its own."""
    set_up = script("set_up")
    listed = f"global.index-url='https://one.example/{SIMPLE}'\nglobal.cert='ca.pem'\n"
    answer = subprocess.CompletedProcess([], 0, stdout=listed.encode())
    monkeypatch.setattr(set_up.subprocess, "run", lambda *_, **__: answer)
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)

    handed = set_up.uv_environment()
    monkeypatch.setenv("UV_INDEX_URL", f"https://own.example/{SIMPLE}")
    kept = set_up.uv_environment()

    assert handed["UV_DEFAULT_INDEX"] == f"https://one.example/{SIMPLE}"
    assert handed["SSL_CERT_FILE"] == "ca.pem"
    assert "UV_DEFAULT_INDEX" not in kept


@pytest.mark.parametrize("developing", [True, False])
def test_who_only_runs_reports_gets_no_tools_of_developers(
    developing: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Either way versions and hashes are the lock's; without developers git is left alone too."""
    set_up = script("set_up")
    asked: list[list[str]] = []
    taught: list[bool] = []
    for name in ("make_venv", "install_uv", "install_package", "add_kernel"):
        monkeypatch.setattr(set_up, name, lambda *_: None)
    monkeypatch.setattr(set_up, "uv_environment", dict)
    monkeypatch.setattr(set_up, "teach_git", lambda: taught.append(True))
    monkeypatch.setattr(set_up, "run", lambda command, *_: asked.append(command))
    monkeypatch.setattr(set_up, "READY", tmp_path / "ready")

    set_up.make_environment(developing=developing)

    (command,) = asked
    assert str(set_up.LOCK) in command
    assert ("sync" in command and "--require-hashes" in command) is developing
    assert ("--constraint" in command and "dev" not in command) is not developing
    assert taught == [True] * developing
    assert set_up.READY.exists()


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """An environment in which ipykernel has been installed, its kernel.json one file with a cache's."""
    cached = tmp_path / "cached.json"
    cached.write_text('{"argv": ["python", "-m", "ipykernel_launcher"]}', encoding="utf-8")
    kernel = tmp_path / "env" / "share" / "jupyter" / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    os.link(cached, kernel)
    return tmp_path / "env"


def test_the_kernel_names_no_folder(prefix: Path) -> None:
    """The project's kernel starts the Python of the Jupyter that asks, with UTF-8 and one thread."""
    set_up = script("set_up")

    set_up.add_kernel(prefix)
    set_up.add_kernel(prefix)  # again, over the old one

    (kernel,) = prefix.glob("share/jupyter/kernels/*/kernel.json")
    spec = json.loads(kernel.read_text(encoding="utf-8"))
    assert spec["argv"] == ["python", "-m", "ipykernel_launcher"]
    assert spec["display_name"] == "Dự báo (forecast)"
    assert {"PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"}.items() <= spec["env"].items()


def test_a_shared_cache_stays_as_it_was(prefix: Path) -> None:
    """uv may link an environment's files to its cache; what the set-up changes is written anew."""
    script("set_up").add_kernel(prefix)

    cached = json.loads((prefix.parent / "cached.json").read_text(encoding="utf-8"))
    assert list(cached) == ["argv"]


def test_jupyter_takes_the_settings(prefix: Path, tmp_path: Path) -> None:
    """JupyterLab reads the file that the set-up writes: traffic encrypted, nothing installed by a click."""
    set_up = script("set_up")
    set_up.JUPYTER_SETTINGS["ServerApp"] = {"custom_display_url": "from this very file"}
    set_up.add_kernel(prefix)
    paths = {"JUPYTER_CONFIG_PATH": str(prefix / "etc" / "jupyter"), "JUPYTER_CONFIG_DIR": str(tmp_path)}

    shown = subprocess.run(
        [sys.executable, "-m", "jupyterlab", "--show-config-json"],
        env={**os.environ, **paths},
        capture_output=True,
        check=True,
        encoding="utf-8",
        timeout=120,
    )

    settings = json.loads(shown.stdout)
    assert settings["ServerApp"]["custom_display_url"] == "from this very file"
    assert settings["KernelManager"]["transport_encryption"] == "auto"
    assert settings["LabApp"]["extension_manager"] == "readonly"


@needs_make
def test_help_tells_each_target() -> None:
    """``make help`` has a line for each thing that make can be asked for."""
    declared = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    listed = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, check=True, encoding="utf-8", timeout=120
    )

    assert declared is not None
    assert [line.split()[1] for line in listed.stdout.splitlines()] == declared[1].split()


@needs_make
def test_without_a_python_make_says_what_is_needed(tmp_path: Path) -> None:
    """A machine without Python 3.11 gets a sentence, not a shell's error."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "tools").mkdir()
    for name in ("requirements.lock", "pyproject.toml", "tools/set_up.py"):
        (tmp_path / name).touch()

    done = subprocess.run(
        ["make", "report", "PYTHON="],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=120,
    )

    assert done.returncode != 0
    assert "Cần Python 3.11" in done.stderr
    assert "Python 3.11 or newer is needed" in done.stderr
