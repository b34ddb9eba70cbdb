"""The made-up annex and a folder of data to write into."""

import importlib.util
from pathlib import Path

import pytest

_SPEC = importlib.util.spec_from_file_location("made_up", Path(__file__).with_name("made_up.py"))
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)


@pytest.fixture(scope="session")
def made_up():
    """The module that prints the made-up annex."""
    return _MODULE


@pytest.fixture
def data_dir(tmp_path):
    """A copy of the project's data."""
    return _MODULE.data_folder(tmp_path)


@pytest.fixture(scope="session")
def shared_data(tmp_path_factory):
    """A copy of the project's data that no test changes."""
    return _MODULE.data_folder(tmp_path_factory.mktemp("shared"))
