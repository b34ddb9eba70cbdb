"""What the process that forks kernels does before it forks one."""

import sys

import pytest

from forecast.base import labels
from forecast.pages import markup
from forecast.runs import forkserver

WARMED = "done = []\n\ndef warm():\n    done.append(1)\n"


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch):
    """No kernel's modules, a folder to import from, and the garbage collector left as it is."""
    monkeypatch.setattr(forkserver, "KERNEL_MODULES", ())
    monkeypatch.setattr(forkserver, "_set_apart", lambda: None)
    monkeypatch.setitem(sys.modules, "debugpy", sys.modules.get("debugpy"))
    monkeypatch.syspath_prepend(tmp_path)


def test_a_module_is_warmed_when_it_is_imported(tmp_path):
    """What a module's first use would do in every kernel is done once."""
    (tmp_path / "warmed_module.py").write_text(WARMED, encoding="utf-8")

    forkserver.preload(["warmed_module"])

    assert sys.modules.pop("warmed_module").done == [1]


@pytest.mark.parametrize("bad", ["raise RuntimeError", "def warm():\n    raise RuntimeError"])
def test_what_fails_is_left_to_the_cell(tmp_path, bad):
    """A module that cannot be imported or warmed does not keep the others from it."""
    (tmp_path / "bad_module.py").write_text(bad + "\n", encoding="utf-8")
    (tmp_path / "good_module.py").write_text(WARMED, encoding="utf-8")

    forkserver.preload(["no_such_module", "bad_module", "good_module"])

    assert sys.modules.pop("good_module").done == [1]
    sys.modules.pop("bad_module", None)


@pytest.mark.parametrize(
    ("name", "read"),
    [("forecast.pages.plot", labels.catalogue), ("forecast.pages.report", markup.environment)],
)
def test_what_pages_are_made_of_is_read_once(name, read):
    """Sentences and templates are read before the first kernel is forked, not in each."""
    read.cache_clear()

    forkserver.preload([name])

    assert read.cache_info().currsize == 1
