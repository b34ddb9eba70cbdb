"""Make a report from made-up figures in a process of its own, for tests that stop it."""

import importlib.util
import signal
import sys
from pathlib import Path

import click

from forecast.answer import pipeline
from forecast.base import stop
from forecast.runs import run


def main(folder: Path, patience: float) -> None:
    """Make the report; the forecast itself takes `patience` seconds."""
    found = importlib.util.spec_from_file_location(
        "conftest_of_runs", Path(__file__).with_name("conftest.py")
    )
    made = importlib.util.module_from_spec(found)
    found.loader.exec_module(made)

    def compute(*_):
        stop.sleep(patience)
        return made.small_result()

    pipeline.make = compute
    # A shell that starts something in the background has it ignore Ctrl-C, and so do all processes below it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with stop.on_signals():
        run.report(
            made.SPEC,
            data_dir=folder / "data",
            reports_dir=folder / "reports",
            notebooks_dir=folder / "notebooks",
            kinds=made.KINDS,
            tell=lambda step: click.echo(f"{step.name} {step.page}"),
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
