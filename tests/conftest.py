"""What the tests share: options, Hypothesis profiles, the panels, golden files."""

import difflib
import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[1]
GOLDEN = Path(__file__).parent / "golden"

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before numpy starts its threads

# A laptop under load must not fail a law, so nothing here is timed.
settings.register_profile("desk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# Where a failure cannot be tried again at once, the examples are the same in each run.
settings.register_profile("ci", settings.get_profile("desk"), derandomize=True, print_blob=True)
# For a first answer while one works.
settings.register_profile("quick", settings.get_profile("ci"), max_examples=10)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--update-golden`` and ``--quick``."""
    parser.addoption(
        "--quick",
        action="store_true",
        help="only tests that start no program, notebook or report; a tenth of the examples of each law",
    )
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write golden files anew; look at the diff before committing",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Put the tests in order; choose the quick ones if asked to."""
    config.pluginmanager.register(_module("order").Order())
    config.pluginmanager.register(_module("learnt").Learnt())
    config.pluginmanager.register(_Examples())
    config.addinivalue_line("markers", "slow: starts a program or makes a whole report; left out by --quick")
    if config.getoption("--quick"):
        settings.load_profile("quick")
        config.pluginmanager.register(_module("quick").Quick())


class _Examples:
    """Modules of the package without an example in a docstring are not even imported."""

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Leave out a file of the package in which no line is to be tried."""
        ours = collection_path.suffix == ".py" and (ROOT / "src") in collection_path.parents
        return True if ours and ">>> " not in collection_path.read_text(encoding="utf-8") else None


def _module(name: str) -> ModuleType:
    """Load a file beside this one, which importlib mode keeps from being imported by name."""
    spec = importlib.util.spec_from_file_location(f"tests_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with ``tests/golden/<name>``; a missing file fails."""

    def compare(name: str, actual: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(actual, encoding="utf-8", newline="\n")
        if not path.exists():
            pytest.fail(f"no golden file {name}; if the text is right, make it: pytest --update-golden")
        expected = path.read_text(encoding="utf-8")
        if actual != expected:
            lines = difflib.unified_diff(
                expected.splitlines(), actual.splitlines(), f"golden/{name}", "now", lineterm=""
            )
            pytest.fail("\n".join(lines) or f"{name}: only line ends differ", pytrace=False)

    return compare


@pytest.fixture(scope="session")
def panels() -> Path:
    """The folder of published panels (papi.csv, pci.csv, m1_yearly.csv), which are not ours to pass on."""
    folder = Path(os.environ.get("FORECAST_PANELS") or ROOT.parent / "shared" / "data" / "panels")
    if not (folder / "papi.csv").is_file():
        pytest.skip("the published panels are not here; name their folder in FORECAST_PANELS")
    return folder


@pytest.fixture(scope="session")
def example_tool() -> ModuleType:
    """The script that writes the made-up example."""
    spec = importlib.util.spec_from_file_location("example", ROOT / "tools" / "example.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def example(example_tool: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the complete made-up example, to read only."""
    folder: Path = tmp_path_factory.mktemp("example")
    example_tool.make_example(folder, data=ROOT / "data")
    return folder
