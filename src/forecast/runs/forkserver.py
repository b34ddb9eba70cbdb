"""A process that imports what notebooks need once, and forks their kernels from itself.

An ordinary kernel spends seconds on importing pandas, matplotlib and the rest before its first cell; a
forked one is ready in a fraction of one, and finds the tables of its run read already.  It is a plain loop
without threads, sockets or an event loop, as only such a process may be forked safely, and it ends, with all
its kernels, when its standard input is closed: by its owner, or by the system when the owner is killed.

Standard input and output carry one JSON object a line::

    {"do": "hold", "folder": "reports/...", "draw": "vi"}  ->  {}, see `Kernels.hold`
    {"do": "start", "argv": ["-f", "kernel-1.json"]}      ->  {"pid": 123}
    {"do": "take", "folder": "/tmp/..."}                  ->  {"pid": 124}, see `forecast.runs.shared_work`
    {"do": "poll", "pid": 123}                            ->  {"code": null}, or an exit code
"""

import contextlib
import gc
import importlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NoReturn

# What a kernel would otherwise import after the fork.  matplotlib_inline's backend is not among them: it
# must be imported beside a living shell to hook into it.
KERNEL_MODULES: Final = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
    "tornado.queues",
    "encodings.idna",
    "pdb",
    "sqlite3",
)


def main(folder: str, modules: Iterable[str]) -> None:
    """Import, then serve requests until standard input ends; then remove `folder`, where kernels stand."""
    # Read by ipykernel when it is imported: a kernel ends by itself when this process is gone.
    os.environ["JPY_PARENT_PID"] = str(os.getpid())
    preload(modules)
    running: set[int] = set()
    try:
        for line in sys.stdin:
            print(json.dumps(_answer(json.loads(line), running)), flush=True)  # noqa: T201 -- the protocol
    finally:
        for pid in running:
            for kill in (os.killpg, os.kill):  # the second for one that has no group of its own yet
                with contextlib.suppress(OSError):
                    kill(pid, signal.SIGKILL)
            with contextlib.suppress(OSError):
                os.waitpid(pid, 0)
        shutil.rmtree(folder, ignore_errors=True)


def preload(modules: Iterable[str]) -> None:
    """Import the kernel's modules and the given ones, and set them apart from the garbage collector.

    What a module's ``warm`` does is done too: what its first use would do in each kernel anew.
    A module that cannot be imported is left to the notebook's own cell, which then fails in its place.
    """
    sys.modules["debugpy"] = None  # type: ignore[assignment]  # no debugger here; it takes long and adds hooks
    for name in (*KERNEL_MODULES, *modules):
        with contextlib.suppress(Exception):
            getattr(importlib.import_module(name), "warm", _nothing)()
    _set_apart()


def _nothing() -> None:
    """Do what most modules need done before their first use."""


def _set_apart() -> None:
    gc.collect()
    gc.freeze()  # a collection in a child would touch, and so copy, every shared page


def _answer(request: dict[str, Any], running: set[int]) -> dict[str, Any]:
    if request["do"] == "poll":
        return {"code": _poll(request["pid"], running)}
    if request["do"] == "hold":
        _hold(Path(request["folder"]), request["draw"])
        return {}
    try:
        pid = os.fork()
    except OSError as error:
        return {"error": f"{type(error).__name__}: {error}"}
    if pid == 0:
        _become(request)
    running.add(pid)
    return {"pid": pid}


def _hold(folder: Path, draw: str) -> None:
    """Read a run's tables for its kernels, draw what several show; what fails is left to their own cells."""
    with contextlib.suppress(Exception):
        result = importlib.import_module("forecast.answer.result").Result.read(folder)
        if draw:
            importlib.import_module("forecast.pages.plot").prepare(result, draw)
    _set_apart()


def _poll(pid: int, running: set[int]) -> int | None:
    if pid not in running:
        return -signal.SIGKILL
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended == 0:
        return None
    running.discard(pid)
    return os.waitstatus_to_exitcode(status)


def _become(request: dict[str, Any]) -> NoReturn:
    """Be a kernel, or a process that takes pieces of work, and end."""
    code = 1
    try:
        os.setsid()  # so that what a cell starts can be stopped with it
        # The protocol's pipes are not the kernel's; what it writes outside of cells goes to the log.
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(2, 1)
        if request["do"] == "take":
            importlib.import_module("forecast.runs.shared_work").take(Path(request["folder"]))
        else:
            sys.argv = ["ipykernel_launcher", *request["argv"]]
            importlib.import_module("ipykernel.kernelapp").launch_new_instance(argv=request["argv"])
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
