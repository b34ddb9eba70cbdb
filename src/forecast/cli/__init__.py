"""The command line: `forecast [--lang vi|en] VERB ...`, one module for each verb, loaded when it is used.

Exit codes: 0 good; 1 bad data; 2 bad use or parameters; 3 a run failed; 4 a result cannot be written;
5 some of several letters or areas went well and some did not; 130 stopped by Ctrl-C, 143 by SIGTERM, 129 as
the terminal was closed.
A new verb is a function below `forecast.cli.local.verb` in a module of its own, and a line in `VERBS`.
"""

import contextlib
import errno
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from forecast.base.disk import write_error
from forecast.base.errors import (
    EXIT_GOOD,
    EXIT_RUN,
    EXIT_USE,
    EXIT_WRITE,
    ForecastError,
    SpecError,
    reason_of,
)
from forecast.base.labels import LANGUAGES, text
from forecast.base.stop import FROM_SIGNAL
from forecast.cli.local import Verbs, refusal_text, refuse_language

VERBS: Final = {
    "add": "forecast.cli.add",
    "backtest": "forecast.cli.backtest",
    "check": "forecast.cli.check",
    "form": "forecast.cli.form",
    "framework": "forecast.cli.framework",
    "hub": "forecast.cli.hub",
    "import": "forecast.cli.imports",
    "intake": "forecast.cli.intake",
    "new-year": "forecast.cli.new_year",
    "notebook": "forecast.cli.notebook",
    "predict": "forecast.cli.predict",
    "report": "forecast.cli.report",
    "reproduce": "forecast.cli.reproduce",
    "runs": "forecast.cli.runs",
    "schedule": "forecast.cli.schedule",
    "send": "forecast.cli.send",
    "status": "forecast.cli.status",
    "undo": "forecast.cli.undo",
    "verify": "forecast.cli.verify",
}
# What a question's parts are called here; `new-year` takes its year without a name.
NAMES: Final = {
    "index_code": "--index-code",
    "area": "--area",
    "target_year": "--target-year",
    "as_of": "--as-of",
}
INTERRUPTED: Final = FROM_SIGNAL + 2
_CANNOT_WRITE: Final = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO)


def main() -> None:
    """Entry point of the command `forecast`."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a Windows console may have a code page without Vietnamese
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it has remarks about a home that is read-only
    # Where a cell of a notebook is ended, its client leaves a task behind, which is none of the reader's.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and give its exit code; every refusal is one message on standard error."""
    languages, rest = _languages(arguments)
    lang = languages[-1] if languages else LANGUAGES[0]
    try:
        if len(languages) > 1:
            raise SpecError("cli.option_twice", {"option": "--lang"})
        if lang not in LANGUAGES:
            refuse_language(lang)
        outcome = Verbs(lang, VERBS).main(rest, prog_name="forecast", standalone_mode=False)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt, SystemExit) as error:  # noqa: BLE001 - no bug looks like bad data
        message, code = _refusal(error, lang if lang in LANGUAGES else LANGUAGES[0])
        if message:
            with contextlib.suppress(OSError):  # the terminal may be gone, and that be the reason
                click.echo(message, err=True)
        return code
    return outcome if isinstance(outcome, int) else EXIT_GOOD


def _with_options(error: ForecastError) -> ForecastError:
    """Name a part of a question as the option that holds it."""
    option = NAMES.get(str(error.facts.get("name"))) if isinstance(error, SpecError) else None
    return SpecError(error.key, {**error.facts, "name": option}) if option else error


def _refusal(error: BaseException, lang: str) -> tuple[str, int]:
    """Give the message of an error in the language, and its exit code."""
    match error:
        case ForecastError():
            return _with_options(error).text(lang), error.exit_code
        case click.ClickException():
            return refusal_text(error, lang), EXIT_USE
        case click.Abort() | KeyboardInterrupt() | SystemExit():
            return _stopped(error, lang)
        case BrokenPipeError():  # the reader of a pipe, `head` say, has what it wanted
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return "", EXIT_WRITE
        case OSError() if error.errno in _CANNOT_WRITE:
            facts = {"path": error.filename, "error": reason_of(error)}
            read = isinstance(error.filename, str)  # or written, nobody knows
            message = text("system.refuses", lang, **facts)
            return message if read else write_error(error, Path("stdout")).text(lang), EXIT_WRITE
    traceback.print_exception(error)
    of_others = isinstance(error, ImportError) and not (error.name or "").startswith("forecast")
    return text("cli.broken_environment" if of_others else "cli.bug", lang, error=error), EXIT_RUN


def _stopped(error: BaseException, lang: str) -> tuple[str, int]:
    """Give the message and exit code of a stop by a signal; no message for click's own endings."""
    match error:
        case SystemExit(code=int(code)):
            return ("" if code < FROM_SIGNAL else text("cli.interrupted", lang)), code
    return text("cli.interrupted", lang), INTERRUPTED


def _languages(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Take every ``--lang`` out of the arguments, wherever it stands, as help is written in it too."""
    languages: list[str] = []
    rest: list[str] = []
    remaining = iter(arguments)
    for argument in remaining:
        if argument == "--":
            return languages, [*rest, argument, *remaining]
        if argument == "--lang":
            languages.append(next(remaining, ""))
        elif argument.startswith("--lang="):
            languages.append(argument.removeprefix("--lang="))
        else:
            rest.append(argument)
    return languages, rest
