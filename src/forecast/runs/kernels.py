"""Start the kernels of one run: forked from a process with the imports where that is safe, else ordinary.

All of a run's kernels end with it, however it ends: forked ones end with the fork server, which ends when
its pipe is closed; ordinary ones watch their parent.  Sockets are files in a private folder of the run, so
there are no ports to compete for and nothing to be read on the network; on Windows, TCP with keys.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import math
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, Final, Self, TypeVar, cast

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from forecast.base.workers.local import LIBRARIES, available
from forecast.runs import shared_work
from forecast.runs.kernel_startup import STARTUP

T = TypeVar("T")
R = TypeVar("R")
LOG: Final = logging.getLogger(__name__)
# A socket's path must fit into 108 bytes, and jupyter_client adds "-" and a number.
_LONGEST_SOCKET: Final = 90
REPORT_MODULES: Final = ("forecast.answer.pipeline", "forecast.pages.plot", "forecast.pages.report")
_PATIENCE: Final = 1.0  # seconds
_GLANCE: Final = 0.005  # seconds between two looks at a kernel that begins or ends


def can_fork() -> bool:
    """Whether kernels may be forked: on Linux; system libraries of macOS break, and Windows cannot fork."""
    return sys.platform == "linux"


def environment(scratch: Path) -> dict[str, str]:
    """Give the environment of a run's kernels: one thread each, and nothing of the user's own set-up."""
    startup = scratch / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    (startup / "shell.py").write_text(STARTUP, encoding="utf-8")
    return {
        **os.environ,
        **{f"{library}_NUM_THREADS": "1" for library in LIBRARIES},
        "IPYTHONDIR": str(scratch / "ipython"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONHASHSEED": "0",
        "PYTHONSAFEPATH": "1",
        "PYTHONUTF8": "1",
        "TQDM_DISABLE": "1",
    }


class PromptClient(AsyncKernelClient):
    """A client that is ready when the kernel says so; jupyter_client's waits for 0.2 s of silence besides."""

    def start_channels(self, *channels: Any, **more: Any) -> None:
        """Retry a refused connection at once, so as to listen as soon as the kernel starts."""
        self.context.reconnect_ivl = round(1000 * _GLANCE)
        super().start_channels(*channels, **more)

    async def wait_for_ready(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 -- its signature
        """Wait until the kernel has answered on both channels that results come by.

        Raises
        ------
        RuntimeError
            If it dies, or does not answer in time.
        """
        end = time.monotonic() + (math.inf if timeout is None else timeout)
        while not await self._answers(self.kernel_info()):
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > end:
                raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")

    async def _answers(self, message_id: str) -> bool:
        """Whether a question is answered; what was said before it is taken out of the channels."""
        with contextlib.suppress(queue.Empty):
            while (await self.get_shell_msg(timeout=1))["parent_header"].get("msg_id") != message_id:
                pass
            while True:  # the first words are lost if the kernel speaks before this side listens
                message = await self.get_iopub_msg(timeout=10 * _GLANCE)
                of_this = message["parent_header"].get("msg_id") == message_id
                if of_this and message["content"] == {"execution_state": "idle"}:
                    return True
        return False


class _OwnKernel(KernelSpecManager):
    """Knows one kernel, this very interpreter; a kernel of that name in the user's folders may be another."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:  # noqa: ARG002 -- any name means ours
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="forecast",
            language="python",
            metadata={"supported_encryption": ["curve"]},
        )


class Kernels:
    """Makes kernel managers, and ends every kernel that they started.

    `modules`: what several notebooks import; paid for once where kernels are forked; `log`: file that takes
    what kernels write outside of cells; `server`: forks the kernels, and is left as it is afterwards; None
    for one of its own; `fork`: whether to have a server of its own; None asks `can_fork`.
    """

    def __init__(
        self,
        modules: Iterable[str],
        log: Path,
        *,
        server: ForkServer | None = None,
        fork: bool | None = None,
    ) -> None:
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._managers: list[AsyncKernelManager] = []
        self._closed = False
        self.log: IO[bytes] = log.open("ab")
        forks = server is None and (can_fork() if fork is None else fork)
        self._own = ForkServer(modules, log) if forks else None
        self._server = server or self._own
        inside = self._server.folder if self._server else None
        self._scratch = Path(tempfile.mkdtemp(prefix="forecast-", dir=inside))  # mode 0700
        self.environment = environment(self._scratch)

    @property
    def folder(self) -> str:
        """An empty folder for kernels to stand in, so that no result depends on where the run was started."""
        return str(self._scratch)

    @property
    def closed(self) -> bool:
        """Whether the kernels were ended."""
        return self._closed

    def manager(self) -> AsyncKernelManager:
        """Prepare a kernel; it is started by its client.

        Raises RuntimeError if the run was stopped.
        """
        with self._lock:
            if self._closed:
                raise RuntimeError("the run was stopped")
            number = next(self._numbers)
            manager = AsyncKernelManager(
                kernel_spec_manager=_OwnKernel(), client_factory=PromptClient, log=LOG
            )
            manager.connection_file = str(self._scratch / f"kernel-{number}.json")
            socket = self._scratch / f"k{number}"
            if sys.platform == "win32" or len(os.fsencode(socket)) > _LONGEST_SOCKET:
                manager.transport_encryption = "auto"
            else:
                manager.transport, manager.ip = "ipc", str(socket)
            if self._server is not None:
                manager.provisioner = ForkedProvisioner(
                    kernel_id=f"k{number}", kernel_spec=manager.kernel_spec, parent=manager
                )
                manager.provisioner.server = self._server
            self._managers.append(manager)
        return manager

    def map(self, work: Callable[[T], R], items: Iterable[T], /) -> Iterator[R]:
        """Do `work` for each item, like `map`; a second process, if there is one, takes half of the items."""
        if self._server is None or available() < 2:
            return map(work, items)
        folder = self._scratch / f"work-{next(self._numbers)}"
        folder.mkdir(mode=0o700)
        return shared_work.map_items(work, items, folder=folder, start_helper=self._server.take)

    def hold(self, folder: Path, draw: str = "") -> None:
        """Read the tables of a run once for all kernels that are forked from now on.

        With `draw`, a language, what several notebooks show is drawn for all of them too: less work in all,
        but the first kernel waits for it.  This call does not wait.
        """
        if self._server is not None:
            request = ({"do": "hold", "folder": str(folder), "draw": draw},)
            threading.Thread(target=self._server.ask, args=request, name="hold").start()

    def close(self) -> None:
        """Kill every kernel and start no more; may be called from any thread, and more than once."""
        with self._lock:
            self._closed = True
            managers, self._managers = self._managers, []
        if self._own is not None:
            self._own.close()
        for manager in managers:
            kill(manager)
        self.log.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def kill(manager: AsyncKernelManager) -> None:
    """Kill a kernel at once; whoever waits for it learns that it died."""
    process: Any = getattr(manager.provisioner, "process", None)
    if process is not None:
        with contextlib.suppress(OSError):
            process.kill()


class ForkServer:
    """The client of ``forecast.runs.forkserver``; several runs may share one.

    `modules`: what it imports beside the kernel's own modules; `log`: file that takes what the kernels write
    outside of cells; None for one that goes with the server.
    """

    def __init__(self, modules: Iterable[str], log: Path | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="forecast-"))  # the server removes it when it ends
        self._lock = threading.Lock()
        self._forked = False
        with (log or self.folder / "kernels.log").open("ab") as errors:
            self._process = subprocess.Popen(  # noqa: S603 -- this interpreter, our own module
                [sys.executable, "-m", "forecast.runs.forkserver", str(self.folder), *modules],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                bufsize=0,
                env=environment(self.folder),
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C on the terminal is for the owner alone
            )
        self._requests: IO[bytes] = cast("IO[bytes]", self._process.stdin)
        self._answers: IO[bytes] = cast("IO[bytes]", self._process.stdout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, argv: list[str]) -> ForkedProcess:
        """Fork a kernel; raises OSError if the system cannot fork, or the server is gone."""
        return self._fork({"do": "start", "argv": argv})

    def take(self, folder: Path) -> Callable[[], bool]:
        """Fork a process that works on the items of a folder; give a function that says if it is running."""
        thread = ThreadPoolExecutor(1)  # the server may still be importing
        started = thread.submit(self._fork, {"do": "take", "folder": str(folder)})
        thread.shutdown(wait=False)
        return lambda: not started.done() or (not started.exception() and started.result().poll() is None)

    def _fork(self, request: dict[str, Any]) -> ForkedProcess:
        self._forked = True
        answer = self.ask(request)
        if "pid" not in answer:
            raise OSError(answer.get("error", "the process that forks kernels is gone"))
        return ForkedProcess(self, answer["pid"])

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send one request; an empty answer means that the server is gone."""
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._requests.write(json.dumps(request).encode() + b"\n")
            answer: dict[str, Any] = json.loads(self._answers.readline())
            return answer
        return {}

    def close(self) -> None:
        """End the server and with it all its kernels and what they started."""
        with contextlib.suppress(OSError):
            self._requests.close()  # unbuffered, so a thread that waits for an answer is no hindrance
        try:
            self._process.wait(timeout=_PATIENCE if self._forked else 0)
        except subprocess.TimeoutExpired:  # still importing
            self._process.kill()
            self._process.wait()
        with self._lock, contextlib.suppress(OSError):
            self._answers.close()
        shutil.rmtree(self.folder, ignore_errors=True)  # if it could not


class ForkedProcess:
    """The process interface of jupyter_client, for a kernel that is a child of the fork server."""

    stdin = stdout = stderr = None

    def __init__(self, server: ForkServer, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._server = server

    def poll(self) -> int | None:
        """Give the exit code, or None while the kernel runs."""
        if self.returncode is None:
            answer = self._server.ask({"do": "poll", "pid": self.pid})
            self.returncode = answer.get("code", -9)
        return self.returncode

    def wait(self) -> int:
        """Give the exit code of a kernel that has ended."""
        code = self.poll()
        return 0 if code is None else code

    def send_signal(self, number: int) -> None:
        """Signal the kernel and what it started."""
        if self.poll() is None:
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """Kill the kernel and what it started."""
        self.send_signal(9)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(15)


class ForkedProvisioner(LocalProvisioner):
    """Starts a kernel by the fork server; the rest is jupyter_client's own."""

    server: ForkServer

    async def launch_kernel(self, cmd: list[str], **_: Any) -> KernelConnectionInfo:
        """Fork a kernel with the arguments that ``python -m ipykernel_launcher`` would get."""
        kernel = self.server.start(cmd[3:])
        self.process = cast("subprocess.Popen[bytes]", kernel)
        self.pid = self.pgid = kernel.pid
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002 -- jupyter_client's signature
        """Kill the kernel and see it end: jupyter_client looks at once, and then not before 0.1 s."""
        await super().kill(restart)
        for _ in range(round(_PATIENCE / _GLANCE)):
            if await self.poll() is not None:
                return
            await asyncio.sleep(_GLANCE)
