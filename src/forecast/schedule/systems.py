"""Install a schedule in cron, or write the files and commands by which the user installs it elsewhere.

Only cron is changed directly, as that was tested on a real one.
"""

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forecast.base.disk import replace_file, writing
from forecast.base.errors import ForecastError, RunError
from forecast.schedule import job_files
from forecast.schedule.job_files import Job

SECONDS: Final = 30
NO_CRONTAB: Final = "no crontab for"  # what `crontab -l` says to who has none


@dataclass(frozen=True, slots=True)
class Installation:
    """How an installation went."""

    system: str  # "cron", "systemd" or "windows"
    done: bool  # the system has it; otherwise `commands` are to be typed
    files: tuple[Path, ...]  # what was written
    commands: tuple[str, ...]  # what a person types to do it
    refusal: ForecastError | None = None  # why the system does not have it


@dataclass(frozen=True, slots=True)
class System:
    """One of the systems that start programs at times."""

    files: Callable[[Job], Mapping[str, bytes]]  # gives the files that tell it what to do, by name
    # gives what a person types when the files lie in a folder
    commands: Callable[[Job, Path], tuple[str, ...]]
    removal: Callable[[str], tuple[str, ...]]  # gives what a person types to take out the job of a name
    has: Callable[[str], bool]  # whether it has a job of that name


def _cron_command(job: Job, folder: Path) -> tuple[str, ...]:
    """Give one line of shell, which may be typed twice."""
    first, last = (f"/^# {sign * 3} {job.name} {sign * 3}$/" for sign in (">", "<"))
    file = shlex.quote(str(folder / f"{job.name}.cron"))
    return (f"crontab -l 2>/dev/null | sed '{first},{last}d' | cat - {file} | crontab -",)


def _in_crontab(name: str) -> bool:
    with contextlib.suppress(RunError):
        crontab = _crontab()
        return job_files.without_block(crontab, name) != crontab
    return False


def _crontab() -> str:
    """Give the crontab; one that cannot be read must never be taken for an empty one."""
    process = _run("crontab", "-l")
    if process.returncode and not process.stderr.decode(errors="replace").startswith(NO_CRONTAB):
        raise _refusal("crontab -l", process)
    return process.stdout.decode("utf-8", "surrogateescape") if not process.returncode else ""


def _change_crontab(change: Callable[[str], str]) -> None:
    """Write the crontab if `change` alters it; RunError if there is no cron or it refuses."""
    before = _crontab()
    after = change(before)
    if after != before:
        process = _run("crontab", "-", stdin=after.encode("utf-8", "surrogateescape"))
        if process.returncode:
            raise _refusal("crontab -", process)


def _systemd_files(job: Job) -> dict[str, bytes]:
    return {
        f"{job.name}.service": job_files.service(job).encode(),
        f"{job.name}.timer": job_files.timer(job).encode(),
    }


def _systemd_commands(job: Job, folder: Path) -> tuple[str, ...]:
    """Copy the units and start the timer."""
    paths = " ".join(_quoted(folder / name) for name in _systemd_files(job))
    return (
        f"install -Dm644 -t {_quoted(_unit_folder())} {paths}",
        "systemctl --user daemon-reload",
        f"systemctl --user enable --now {job.name}.timer",
    )


def _systemd_removal(name: str) -> tuple[str, ...]:
    """Stop the timer and remove the units."""
    paths = " ".join(_quoted(_unit_folder() / f"{name}.{kind}") for kind in ("service", "timer"))
    return (
        f"systemctl --user disable --now {name}.timer",
        f"rm {paths}",
        "systemctl --user daemon-reload",
    )


def _in_task_scheduler(name: str) -> bool:
    with contextlib.suppress(RunError):
        return _run("schtasks", "/Query", "/TN", name).returncode == 0
    return False


SYSTEMS: Final[Mapping[str, System]] = {
    "cron": System(
        files=lambda job: {f"{job.name}.cron": job_files.cron_block(job).encode()},
        commands=_cron_command,
        removal=lambda _: (),  # done in one step
        has=_in_crontab,
    ),
    "systemd": System(
        files=_systemd_files,
        commands=_systemd_commands,
        removal=_systemd_removal,
        has=lambda name: (_unit_folder() / f"{name}.timer").exists(),
    ),
    "windows": System(
        files=lambda job: {f"{job.name}.xml": job_files.windows_task(job)},
        commands=lambda job, folder: (f'schtasks /Create /F /TN {job.name} /XML "{folder / job.name}.xml"',),
        removal=lambda name: (f"schtasks /Delete /F /TN {name}",),
        has=_in_task_scheduler,
    ),
}


def usual() -> str:
    """Name the system of this machine: cron where it is, else systemd where the user has one of their own."""
    if sys.platform == "win32":
        return "windows"
    if shutil.which("crontab") is None:
        with contextlib.suppress(RunError):
            if _run("systemctl", "--user", "show-environment").returncode == 0:
                return "systemd"
    return "cron"


def install(name: str, job: Job, *, write_only: Path | None = None) -> Installation:
    """Install a job in cron, or write the files for another system.

    `write_only`: only write the files, into this folder.
    """
    system = SYSTEMS[name]
    refusal: ForecastError | None = None
    if write_only is None and name == "cron":
        try:
            _change_crontab(lambda crontab: job_files.with_block(crontab, job))
        except ForecastError as error:
            refusal = error
        else:
            return Installation(name, done=True, files=(), commands=())
    folder = (write_only or job.reports_dir / ".schedule").resolve()
    files = write(system.files(job), folder)
    return Installation(name, done=False, files=files, commands=system.commands(job, folder), refusal=refusal)


def remove(job_name: str) -> tuple[list[str], list[str]]:
    """Remove a job from the crontab; name the systems that have it, and the commands for the others."""
    holders = systems_with(job_name)
    if "cron" in holders:
        _change_crontab(lambda crontab: job_files.without_block(crontab, job_name))
    return holders, [command for name in holders for command in SYSTEMS[name].removal(job_name)]


def systems_with(job_name: str) -> list[str]:
    """Name the systems that have a job."""
    return [name for name, system in SYSTEMS.items() if system.has(job_name)]


def write(files: Mapping[str, bytes], folder: Path) -> tuple[Path, ...]:
    """Write files into a folder, which is created if needed."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        replace_file(folder / name, content)
    return tuple(folder / name for name in files)


def _unit_folder() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".config") / "systemd" / "user"


def _run(*words: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run a program of the system; raises RunError if it is not there or does not end."""
    program = shutil.which(words[0])
    if program is None:
        raise RunError("schedule.no_program", {"program": words[0]})
    try:
        return subprocess.run(  # noqa: S603 -- our own words
            [program, *words[1:]],
            input=stdin if stdin is not None else b"",
            capture_output=True,
            check=False,
            timeout=SECONDS,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        facts = {"command": " ".join(words), "detail": str(error)}
        raise RunError("schedule.program_failed", facts) from error


def _refusal(command: str, process: subprocess.CompletedProcess[bytes]) -> RunError:
    words = (process.stderr or process.stdout).decode(errors="replace").strip()
    return RunError(
        "schedule.program_failed", {"command": command, "detail": words or str(process.returncode)}
    )


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
