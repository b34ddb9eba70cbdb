"""What cron, systemd and Windows are told, and how it gets there without touching anything else."""

import datetime as dt
import os
import shlex
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.base.errors import RunError, SpecError
from forecast.schedule import job_files, systems
from forecast.schedule.job_files import Job
from forecast.schedule.when import When

posix = pytest.mark.skipif(os.name == "nt", reason="stand-ins for cron and systemd are shell scripts")
AFTER = dt.datetime(2024, 9, 15, 12, 0)  # noqa: DTZ001 - wall clock
ODD = Path('/srv/lan anh/báo cáo 50% "$HOME"')
CRONTAB = """\
#!/bin/sh
case "$1" in
-l) if [ -f "$KEPT" ]; then exec cat "$KEPT"; fi; echo "no crontab for lan" >&2; exit 1 ;;
-) cat > "$KEPT.new" && exec mv "$KEPT.new" "$KEPT" ;;
esac
exit 2
"""
SYSTEMCTL = """\
#!/bin/sh
echo "$@" >> "$TOLD"
exit "${REFUSES:-0}"
"""


def job(reports_dir=Path("/srv/reports"), every="monthly 05:30"):
    """Make a job."""
    return Job(reports_dir, When.parse(every), AFTER, python="/srv/.venv/bin/python")


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine of our own: stand-ins for crontab and systemctl, a home, nothing else to be found."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "cat", "mv"):
        (programs / name).symlink_to(shutil.which(name))
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("KEPT", str(tmp_path / "crontab"))
    monkeypatch.setenv("TOLD", str(tmp_path / "told"))

    class Machine:
        kept, told = tmp_path / "crontab", tmp_path / "told"
        programs = tmp_path / "bin"
        units = tmp_path / "config" / "systemd" / "user"
        job = job(tmp_path / "reports")

        def has(self, name, script):
            """Put a program on the machine."""
            (programs / name).write_text(script)
            (programs / name).chmod(0o755)

    return Machine()


lines = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")),
    max_size=6,
)


@given(lines, st.booleans())
def test_only_our_lines_of_a_crontab_are_touched(others, ended):
    """Put in twice they stand there once, at the end; taken out, the crontab is as it was."""
    before = "\n".join(others) + ("\n" if ended and others else "")

    once = job_files.with_block(before, job())

    assert job_files.with_block(once, job()) == once
    assert once.startswith(before)
    assert once.endswith(job_files.cron_block(job()))
    assert job_files.without_block(once, job().name) == before + (
        "" if not before or before.endswith("\n") else "\n"
    )
    assert job_files.without_block(before, job().name) == before


def test_two_folders_have_two_blocks():
    """A schedule of another folder stays when this one is changed or taken out."""
    other = job(Path("/srv/others"), "daily 01:00")
    both = job_files.with_block(job_files.with_block("", other), job())

    assert job_files.with_block(both, job(every="daily 02:00")).startswith(job_files.cron_block(other))
    assert job_files.without_block(both, job().name) == job_files.cron_block(other)


@pytest.mark.parametrize("keep", [slice(0, -1), slice(1, None)])
def test_half_a_block_is_refused(keep):
    """Where a mark is gone it is unclear what is ours, so nothing is taken away."""
    damaged = "\n".join([*job_files.cron_block(job()).splitlines()[keep], "1 2 * * * mine", ""])

    with pytest.raises(SpecError, match="crontab -e"):
        job_files.with_block(damaged, job())


@posix
def test_cron_starts_the_very_command():
    """Once cron has taken its signs for percent and the shell its quotes, the words are the job's."""
    for line in job_files.cron_block(job(ODD)).splitlines()[2:-1]:
        command = line.split(maxsplit=1)[1] if line.startswith("@") else line.split(maxsplit=5)[5]

        words = shlex.split(command.replace(r"\%", "%"))

        assert "%" not in command.replace(r"\%", "")  # cron would end the command there
        assert words == [*job(ODD).command, ">/dev/null"]
    assert job_files.cron_block(job()).splitlines()[2].startswith("30 5 1 * * ")
    assert "\n@reboot " in job_files.cron_block(job())


@posix
def test_systemd_starts_the_very_command():
    """Once systemd has taken its quotes and doubled signs, the words are the job's."""
    [line] = [line for line in job_files.service(job(ODD)).splitlines() if line.startswith("ExecStart=")]
    words = [
        word.replace("%%", "%").replace("$$", "$") for word in shlex.split(line.removeprefix("ExecStart="))
    ]

    assert words == job(ODD).command
    assert "%" not in line.replace("%%", "")  # a single one would be a specifier
    assert "$" not in line.replace("$$", "")  # and a variable


def test_a_path_that_no_file_can_hold_is_refused():
    """A line end in a path would be a second line of a crontab."""
    with pytest.raises(SpecError, match="control characters"):
        job(Path("/srv/a\n* * * * * b"))


@pytest.mark.skipif(not shutil.which("crontab"), reason="cron is not here")
@pytest.mark.parametrize("place", [Path("/srv/reports"), ODD])
def test_the_real_cron_takes_the_lines(place, tmp_path):
    """cron's own check of the syntax, which installs nothing."""
    file = tmp_path / "crontab"
    file.write_text("# mine\n" + job_files.cron_block(job(place)), encoding="utf-8")
    usage = subprocess.run(["crontab", "-?"], capture_output=True, check=False, timeout=120).stderr.decode()
    check = next((flag for flag in ("-T", "-n") if flag in usage), None)
    if check is None:
        pytest.skip("this crontab cannot check a file without installing it")

    done = subprocess.run(["crontab", check, str(file)], capture_output=True, check=False, timeout=120)

    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")
@pytest.mark.parametrize("name", ["reports", 'báo cáo 50% "$HOME" \\ x'])
@pytest.mark.parametrize("every", ["daily 05:30", "weekly sun 05:30", "monthly 25 05:30"])
def test_the_real_systemd_takes_the_units(name, every, tmp_path):
    """systemd finds nothing to say about either unit."""
    python = tmp_path / "a venv" / "python"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    made = Job(Path("/srv") / name, When.parse(every), AFTER, python=str(python))
    files = systems.write(systems.SYSTEMS["systemd"].files(made), tmp_path)

    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, files)],
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=120,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "Persistent=true" in job_files.timer(made)


@pytest.mark.parametrize(
    ("every", "start", "slots"),
    [
        ("daily 05:30", "2024-09-16T05:30:00", {"ScheduleByDay/DaysInterval": "1"}),
        ("weekly sun 05:30", "2024-09-22T05:30:00", {"ScheduleByWeek/DaysOfWeek/Sunday": None}),
        ("monthly 25 05:30", "2024-09-25T05:30:00", {"ScheduleByMonth/DaysOfMonth/Day": "25"}),
    ],
)
def test_the_task_for_windows_says_what_it_must(every, start, slots):
    """Read back as XML: the slots, a missed one made up, never two at once, the command."""
    raw = job_files.windows_task(job(ODD, every))

    root = ET.fromstring(raw)  # noqa: S314 - our own
    found = {
        path: root.find("./" + "/".join(f"{{{job_files.XMLNS}}}{tag}" for tag in path.split("/")))
        for path in (
            "Triggers/CalendarTrigger/StartBoundary",
            "Settings/StartWhenAvailable",
            "Settings/MultipleInstancesPolicy",
            "Settings/DisallowStartIfOnBatteries",
            "Actions/Exec/Command",
            "Actions/Exec/Arguments",
            *(f"Triggers/CalendarTrigger/{slot}" for slot in slots),
        )
    }
    texts = {path.rpartition("/")[2]: element.text for path, element in found.items()}

    assert raw.startswith((b"\xff\xfe", b"\xfe\xff"))  # schtasks reads UTF-16
    assert texts["StartBoundary"] == start
    assert texts["StartWhenAvailable"] == "true"
    assert texts["MultipleInstancesPolicy"] == "IgnoreNew"
    assert texts["DisallowStartIfOnBatteries"] == "false"
    assert texts["Command"] == job().python
    assert texts["Arguments"] == subprocess.list2cmdline(job(ODD).command[1:])
    assert {path: texts[path.rpartition("/")[2]] for path in slots} == slots
    if every.startswith("monthly"):
        months = root.find(f".//{{{job_files.XMLNS}}}Months")
        assert len(months) == 12


@posix
def test_cron_gets_the_job_and_gives_it_back(machine):
    """Install twice and remove: the other lines, bytes that are no UTF-8 among them, are as before."""
    machine.has("crontab", CRONTAB)
    mine = b"# \xff mine\n1 2 * * * true\n"
    machine.kept.write_bytes(mine)

    for _ in range(2):
        installed = systems.install("cron", machine.job)
        assert installed.done
        assert machine.kept.read_bytes() == mine + job_files.cron_block(machine.job).encode()
    assert systems.systems_with(machine.job.name) == ["cron"]
    assert systems.remove(machine.job.name) == (["cron"], [])
    assert machine.kept.read_bytes() == mine
    assert systems.remove(machine.job.name) == ([], [])


@posix
def test_who_has_no_crontab_gets_one(machine):
    """`crontab -l` fails then, and that is no reason to refuse."""
    machine.has("crontab", CRONTAB)

    assert systems.install("cron", machine.job).done
    assert machine.kept.read_text() == job_files.cron_block(machine.job)


@posix
def test_a_crontab_that_cannot_be_read_is_not_overwritten(machine):
    """What cron says is told, with the file and the command to type."""
    machine.has("crontab", CRONTAB.replace('if [ -f "$KEPT" ]', 'echo "not allowed" >&2; exit 1; if false'))
    machine.kept.write_text("1 2 * * * true\n")

    installed = systems.install("cron", machine.job)

    assert not installed.done
    assert "not allowed" in installed.refusal.text("vi")
    assert machine.kept.read_text() == "1 2 * * * true\n"
    assert [path.read_text() for path in installed.files] == [job_files.cron_block(machine.job)]


@posix
def test_the_line_to_type_does_what_install_does(machine, tmp_path):
    """Typed twice, as people do, it leaves one block and the other lines."""
    path = os.environ["PATH"]
    installed = systems.install("cron", machine.job, write_only=tmp_path / "my files")
    machine.has("crontab", CRONTAB)
    machine.kept.write_text("1 2 * * * true\n")

    for _ in range(2):
        subprocess.run(
            ["/bin/sh", "-c", installed.commands[0]],
            check=True,
            env={**os.environ, "PATH": f"{path}:/usr/bin:/bin"},
            timeout=120,
        )

    assert machine.kept.read_text() == "1 2 * * * true\n" + job_files.cron_block(machine.job)


@posix
def test_what_is_typed_for_systemd_puts_the_units_in_and_takes_them_out(machine):
    """The units lie where systemd looks, it is told of them, and they are gone when removed."""
    machine.has("systemctl", SYSTEMCTL)
    for name in ("install", "rm"):
        (machine.programs / name).symlink_to(shutil.which(name, path="/usr/bin:/bin"))
    name = machine.job.name

    assert systems.usual() == "systemd"
    installed = systems.install("systemd", machine.job)
    assert (installed.done, installed.refusal, systems.systems_with(name)) == (False, None, [])
    typed(installed.commands)

    assert (machine.units / f"{name}.timer").read_text() == job_files.timer(machine.job)
    assert (machine.units / f"{name}.service").read_text() == job_files.service(machine.job)
    assert f"--user enable --now {name}.timer" in machine.told.read_text()
    there, commands = systems.remove(name)
    assert there == ["systemd"]
    typed(commands)
    assert f"--user disable --now {name}.timer" in machine.told.read_text()
    assert list(machine.units.iterdir()) == []


def typed(commands):
    """Do what a person types."""
    for command in commands:
        subprocess.run(["/bin/sh", "-c", command], check=True, env=dict(os.environ), timeout=120)


@posix
@pytest.mark.parametrize("name", ["cron", "systemd", "windows"])
def test_where_a_system_is_away_files_and_commands_are_given(machine, name):
    """Nothing is said to be done, and each command names a file that is there."""
    installed = systems.install(name, machine.job)

    assert systems.usual() == "cron"
    assert not installed.done
    assert isinstance(installed.refusal, RunError) == (name == "cron")
    assert installed.commands
    assert all(path.is_file() for path in installed.files)
    assert any(str(path) in " ".join(installed.commands) for path in installed.files)


@posix
def test_systemd_without_a_users_own_is_not_the_usual_one(machine, monkeypatch):
    """In a container systemctl is there and answers nothing."""
    machine.has("systemctl", SYSTEMCTL)
    monkeypatch.setenv("REFUSES", "1")

    assert systems.usual() == "cron"
