"""Work for workers, and a small cluster."""

import importlib
import os
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def jobs():
    """The functions of jobs.py, under a name that other processes can import."""
    folder = str(Path(__file__).parent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (folder, os.environ.get("PYTHONPATH")))))
        patch.syspath_prepend(folder)
        yield importlib.import_module("jobs")
        sys.modules.pop("jobs")
