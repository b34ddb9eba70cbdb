"""Notebooks in git: nothing of what they showed, and changes readable cell by cell."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from forecast.runs import manifest

ROOT = Path(__file__).parents[2]
FOLDER = Path(sys.executable).parent
NOTEBOOKS = sorted(path for path in (ROOT / "notebooks").rglob("*.ipynb") if "checkpoints" not in str(path))

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not here")


def git(folder, *words):
    """What git says."""
    return subprocess.run(
        ["git", *words], cwd=folder, capture_output=True, text=True, check=True, timeout=120
    ).stdout


def set_up():
    """Load the script that teaches git."""
    spec = importlib.util.spec_from_file_location("set_up", ROOT / "tools" / "set_up.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def checkout(tmp_path):
    """A repository with the project's attributes and the settings that the set-up makes, and one notebook."""
    shutil.copy(ROOT / ".gitattributes", tmp_path)
    git(tmp_path, "init", "-q", "-b", "main")
    python, differ = (FOLDER / name for name in ("python", "git-nbdiffdriver"))
    git(tmp_path, "config", "filter.notebook.clean", f"'{python}' {set_up().CLEAN}")
    git(tmp_path, "config", "diff.jupyternotebook.command", f"'{differ}' diff")
    shutil.copy(NOTEBOOKS[0], tmp_path / "one.ipynb")
    git(tmp_path, "-c", "filter.notebook.clean=", "add", ".")  # it is stored clean; the filter takes seconds
    git(tmp_path, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "-m", "first")
    return tmp_path


def shown_in(folder):
    """The notebook as if it had been run in JupyterLab."""
    notebook = nbformat.read(folder / "one.ipynb", as_version=4)
    for number, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), 1):
        cell.execution_count = number
        cell.outputs = [nbformat.v4.new_output("stream", text="87,3")]
    notebook.metadata.language_info |= {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
        "version": "3.11.7",
    }
    nbformat.write(notebook, folder / "one.ipynb")
    return notebook


def test_running_a_notebook_changes_nothing_for_git(checkout):
    """What it showed is not stored, so git sees no change."""
    shown_in(checkout)

    git(checkout, "add", ".")

    assert git(checkout, "status", "--porcelain") == ""
    assert "87,3" not in git(checkout, "show", ":one.ipynb")


def test_a_changed_cell_is_shown_as_a_cell(checkout):
    """The comparison names the cell and its lines, not the file's JSON."""
    notebook = nbformat.read(checkout / "one.ipynb", as_version=4)
    notebook.cells[-1].source += "\n# made-up change"
    nbformat.write(notebook, checkout / "one.ipynb")

    told = re.sub(r"\x1b\[[\d;]*m", "", git(checkout, "diff"))  # without colours

    assert f"/cells/{len(notebook.cells) - 1}/source" in told
    assert "+# made-up change" in told
    assert '"cell_type"' not in told


def test_a_run_knows_what_differs_from_its_commit(checkout, monkeypatch):
    """A notebook that was only run is as committed; one whose cell was changed is not."""
    monkeypatch.setattr(manifest, "GIT_SECONDS", 120)  # a busy machine is not what is tested
    commit = git(checkout, "rev-parse", "HEAD").strip()
    notebook = shown_in(checkout)
    assert manifest._commit(checkout) == (commit, False)

    notebook.cells[-1].source += "\n# made-up change"
    nbformat.write(notebook, checkout / "one.ipynb")

    assert manifest._commit(checkout) == (commit, True)


def test_a_run_does_not_wait_for_the_filter_after_a_checkout(checkout):
    """Git asks the filter about each file it has just written; what nothing differs in needs no filter."""
    git(checkout, "config", "filter.notebook.clean", "echo asked >> ../asked; cat")
    os.utime(checkout / "one.ipynb")

    assert manifest._commit(checkout) == (git(checkout, "rev-parse", "HEAD").strip(), False)
    assert not (checkout.parent / "asked").exists()


def test_a_filter_that_hangs_does_not_hide_the_commit(checkout, monkeypatch):
    """What cannot be looked at counts as changed; the commit is known all the same."""
    monkeypatch.setattr(manifest, "GIT_SECONDS", 0.5)
    git(checkout, "config", "filter.notebook.clean", "exec sleep 5")
    shown_in(checkout)

    assert manifest._commit(checkout) == (git(checkout, "rev-parse", "HEAD").strip(), True)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stored_notebooks_show_nothing(path):
    """No output, no count, no trace of a machine; and the filter would leave the file as it is."""
    notebook = json.loads(path.read_text(encoding="utf-8"))

    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
    assert set(notebook["metadata"]) <= {"kernelspec", "language_info"}
    assert set(notebook["metadata"]["language_info"]) == {"name"}


def test_the_set_up_has_taught_this_checkout():
    """In a checkout with the project's own environment git knows the filter and the comparison."""
    if not (ROOT / ".git").exists() or FOLDER.parent != ROOT / ".venv":
        pytest.skip("not the project's own environment in a checkout")

    assert "nbstripout" in git(ROOT, "config", "filter.notebook.clean")
    assert "git-nbdiffdriver" in git(ROOT, "config", "diff.jupyternotebook.command")
    assert "filter: notebook" in git(ROOT, "check-attr", "filter", "notebooks/meeting.ipynb")
