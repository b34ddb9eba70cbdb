"""Telling cron, systemd or Windows of a schedule: files, and the commands that a person types.

cron alone is told in one step, as that was tried on a real one; its own check is that a second time changes
nothing.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from forecast.base.disk import replace_file, writing
from forecast.base.errors import ForecastError, RunError
from forecast.schedule import units
from forecast.schedule.units import Job

SECONDS: Final = 30
NO_CRONTAB: Final = "no crontab for"  # what `crontab -l` says to who has none


@dataclass(frozen=True, slots=True)
class Installed:
    """How an installation went.

    Attributes
    ----------
    system
        "cron", "systemd" or "windows".
    done
        The system has it; otherwise `commands` are to be typed.
    files
        What was written.
    commands
        What a person types to do it.
    refusal
        Why the system does not have it.
    """

    system: str
    done: bool
    files: tuple[Path, ...]
    commands: tuple[str, ...]
    refusal: ForecastError | None = None


class System(Protocol):
    """One of the systems that start programs at times."""

    def files(self, job: Job) -> Mapping[str, bytes]:
        """Give the files that tell the system what to do, by name."""
        ...

    def commands(self, job: Job, folder: Path) -> tuple[str, ...]:
        """Give what a person types when the files lie in a folder."""
        ...

    def removal(self, name: str) -> tuple[str, ...]:
        """Give what a person types to take a job out."""
        ...

    def has(self, name: str) -> bool:
        """Tell whether the system has a job of that name."""
        ...


class Cron:
    """The user's crontab, of which only our own lines are touched."""

    def files(self, job: Job) -> Mapping[str, bytes]:
        """Give the lines."""
        return {f"{job.name}.cron": units.cron_block(job).encode()}

    def commands(self, job: Job, folder: Path) -> tuple[str, ...]:
        """Give one line of shell, which may be typed twice."""
        first, last = (f"/^# {sign * 3} {job.name} {sign * 3}$/" for sign in (">", "<"))
        file = shlex.quote(str(folder / f"{job.name}.cron"))
        return (f"crontab -l 2>/dev/null | sed '{first},{last}d' | cat - {file} | crontab -",)

    def removal(self, name: str) -> tuple[str, ...]:  # noqa: ARG002 -- the others need it
        """Give nothing: that is done in one step."""
        return ()

    def put(self, job: Job) -> None:
        """Write the crontab with our lines in it once; RunError if it is not there or refuses."""
        before = self._read()
        after = units.with_block(before, job)
        if after != before:
            self._write(after)

    def drop(self, name: str) -> bool:
        """Write the crontab without our lines."""
        before = self._read()
        after = units.without_block(before, name)
        if after != before:
            self._write(after)
        return after != before

    def has(self, name: str) -> bool:
        """Look for our lines."""
        with contextlib.suppress(RunError):
            crontab = self._read()
            return units.without_block(crontab, name) != crontab
        return False

    def _read(self) -> str:
        """Give the crontab; one that cannot be read must never be taken for an empty one."""
        done = _run("crontab", "-l")
        if done.returncode and not done.stderr.decode(errors="replace").startswith(NO_CRONTAB):
            raise _refusal("crontab -l", done)
        return done.stdout.decode("utf-8", "surrogateescape") if not done.returncode else ""

    def _write(self, text: str) -> None:
        done = _run("crontab", "-", given=text.encode("utf-8", "surrogateescape"))
        if done.returncode:
            raise _refusal("crontab -", done)


class Systemd:
    """A timer of the user's own systemd."""

    def files(self, job: Job) -> Mapping[str, bytes]:
        """Give the two units."""
        return {
            f"{job.name}.service": units.service(job).encode(),
            f"{job.name}.timer": units.timer(job).encode(),
        }

    def commands(self, job: Job, folder: Path) -> tuple[str, ...]:
        """Copy the units and start the timer."""
        paths = " ".join(_quoted(folder / name) for name in self.files(job))
        return (
            f"install -Dm644 -t {_quoted(_unit_folder())} {paths}",
            "systemctl --user daemon-reload",
            f"systemctl --user enable --now {job.name}.timer",
        )

    def removal(self, name: str) -> tuple[str, ...]:
        """Stop the timer and remove the units."""
        units_ = " ".join(_quoted(_unit_folder() / f"{name}.{kind}") for kind in ("service", "timer"))
        return (
            f"systemctl --user disable --now {name}.timer",
            f"rm {units_}",
            "systemctl --user daemon-reload",
        )

    def has(self, name: str) -> bool:
        """Look for the timer."""
        return (_unit_folder() / f"{name}.timer").exists()


class Windows:
    """A task of Windows Task Scheduler."""

    def files(self, job: Job) -> Mapping[str, bytes]:
        """Give the task."""
        return {f"{job.name}.xml": units.windows_task(job)}

    def commands(self, job: Job, folder: Path) -> tuple[str, ...]:
        """Register the task."""
        return (f'schtasks /Create /F /TN {job.name} /XML "{folder / job.name}.xml"',)

    def removal(self, name: str) -> tuple[str, ...]:
        """Delete the task."""
        return (f"schtasks /Delete /F /TN {name}",)

    def has(self, name: str) -> bool:
        """Ask for the task."""
        with contextlib.suppress(RunError):
            return _run("schtasks", "/Query", "/TN", name).returncode == 0
        return False


SYSTEMS: Final[Mapping[str, Callable[[], System]]] = {"cron": Cron, "systemd": Systemd, "windows": Windows}


def usual() -> str:
    """Name the system of this machine: cron where it is, else systemd where the user has one of their own."""
    if sys.platform == "win32":
        return "windows"
    if shutil.which("crontab") is None:
        with contextlib.suppress(RunError):
            if _run("systemctl", "--user", "show-environment").returncode == 0:
                return "systemd"
    return "cron"


def install(name: str, job: Job, *, write_only: Path | None = None) -> Installed:
    """Hand a job to cron, or write the files for a system; another that has the job too does no harm.

    Parameters
    ----------
    name
        "cron", "systemd" or "windows".
    job
        What is to be started.
    write_only
        Only write the files, into this folder.
    """
    system = SYSTEMS[name]()
    refusal: ForecastError | None = None
    if write_only is None and isinstance(system, Cron):
        try:
            system.put(job)
        except ForecastError as error:
            refusal = error
        else:
            return Installed(name, done=True, files=(), commands=())
    folder = (write_only or job.reports_dir / ".schedule").resolve()
    written = write(system.files(job), folder)
    return Installed(name, done=False, files=written, commands=system.commands(job, folder), refusal=refusal)


def remove(job_name: str) -> tuple[list[str], list[str]]:
    """Take a job out of the crontab; name the systems that have it, and give what is typed for others."""
    there = holding(job_name)
    if "cron" in there:
        Cron().drop(job_name)
    return there, [command for name in there for command in SYSTEMS[name]().removal(job_name)]


def holding(job_name: str) -> list[str]:
    """Name the systems that have a job."""
    return [name for name, system in SYSTEMS.items() if system().has(job_name)]


def write(files: Mapping[str, bytes], folder: Path) -> tuple[Path, ...]:
    """Write files into a folder, which is made if need be."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        replace_file(folder / name, content)
    return tuple(folder / name for name in files)


def _unit_folder() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".config") / "systemd" / "user"


def _run(*words: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run a program of the system.

    Raises
    ------
    RunError
        If it is not there or does not end.
    """
    program = shutil.which(words[0])
    if program is None:
        raise RunError("schedule.no_program", {"program": words[0]})
    try:
        return subprocess.run(  # noqa: S603 -- our own words
            [program, *words[1:]],
            input=given if given is not None else b"",
            capture_output=True,
            check=False,
            timeout=SECONDS,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        facts = {"command": " ".join(words), "detail": str(error)}
        raise RunError("schedule.program_failed", facts) from error


def _refusal(command: str, done: subprocess.CompletedProcess[bytes]) -> RunError:
    said = (done.stderr or done.stdout).decode(errors="replace").strip()
    return RunError("schedule.program_failed", {"command": command, "detail": said or str(done.returncode)})


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
