"""The made-up runs of the tests of runs, for schedules that make them."""

import importlib.util
from pathlib import Path


def _of_runs():
    path = Path(__file__).parents[1] / "runs" / "conftest.py"
    spec = importlib.util.spec_from_file_location("conftest_of_runs", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_RUNS = _of_runs()
made, place, kernels, fork_server = (_RUNS.made, _RUNS.place, _RUNS.kernels, _RUNS.fork_server)
