"""The container files: what is shut in, what is shown, what stays out.  Building them: docs/container.md."""

import re
import shutil
import subprocess
from pathlib import Path, PurePosixPath

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CONTAINERFILE = (ROOT / "container/Containerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "container/compose.yaml").read_text(encoding="utf-8"))
NGINX = (ROOT / "container/nginx.conf").read_text(encoding="utf-8")
STAGES = {name: text for text, name in re.findall(r"(FROM \S+ AS (\w+)\n(?:(?!FROM ).*\n?)*)", CONTAINERFILE)}


def shown(path: str) -> bool:
    """Whether the web server gives a path, by the first of its rules that fits."""
    exact = re.findall(r"location = (\S+) \{ (\w+)", NGINX)
    patterns = re.findall(r"location ~ (\S+) \{ (\w+)", NGINX)
    if path in dict(exact):
        return dict(exact)[path] == "try_files"
    return next((what == "try_files" for pattern, what in patterns if re.search(pattern, path)), False)


@pytest.mark.parametrize("service", ["nightly", "web"])
def test_a_service_may_do_nothing_but_its_work(service):
    """No capability, no new privilege, a file system that is only read, no root, a bound on memory."""
    told = COMPOSE["services"][service]
    target = STAGES[told["build"]["target"]]

    assert told["read_only"] is True
    assert told["cap_drop"] == ["ALL"]
    assert told["security_opt"] == ["no-new-privileges:true"]
    assert re.search(r"^USER (?!0|root)\d+:\d+$", target, re.MULTILINE)
    assert target.index("USER ") < target.index("ENTRYPOINT")
    assert "mem_limit" in told


def test_data_are_read_and_reports_written_by_one_service_alone():
    """Data are mounted read-only; the pages' server may not write reports."""
    mounts = {name: told["volumes"] for name, told in COMPOSE["services"].items()}

    assert next(mount for mount in mounts["nightly"] if ":/data" in mount).endswith(":/data:ro")
    assert mounts["web"] == ["reports:/reports:ro"]


def test_nothing_secret_and_no_data_come_into_an_image():
    """The builder sees only what is named, and no variable with a password stands anywhere."""
    ignored = (ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()
    named = {line[1:].partition("/")[0] for line in ignored if line.startswith("!")}

    assert "*" in ignored
    assert named == {
        "src",
        "tools",
        "notebooks",
        "container",
        "requirements.lock",
        "pyproject.toml",
        "README.md",
    }
    assert not re.search(r"(?i)password|token|secret_", CONTAINERFILE + str(COMPOSE))


def test_what_is_copied_is_there():
    """Each file that the images take from the folder exists and is not left out."""
    taken = re.findall(r"^COPY (?!--from)(.+) \S+$", CONTAINERFILE, re.MULTILINE)

    for name in " ".join(taken).split():
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize(
    "path",
    ["/", "/index.html", "/latest.html", "/2024-10-20_PAR_x_2024_0badcafe/meeting.html"]
    + [
        "/areas/",
        "/areas/index.html",
        "/areas/index.en.html",
        "/areas/ranking.csv",
        "/areas/2024-10-20_PAR_x_2024_0badcafe/meeting.html",
    ]
    + [
        f"/2024-10-20_PAR_x_2024_0badcafe/{name}"
        for name in ("domain-D1.html", "meeting.pdf", "figures.xlsx")
    ],
)
def test_finished_reports_are_shown(path):
    """Lists, pages, paper and the handout."""
    assert shown(path)


@pytest.mark.parametrize(
    "path",
    ["/schedule.json", "/log.txt", "/log.jsonl", "/.schedule/record.json", "/.lock", "/failed/x/meeting.html"]
    + ["/areas/failed/x/meeting.html", "/areas/.lock", "/areas/2024-10-20_PAR_x_2024_0badcafe/manifest.json"]
    + [f"/2024-10-20_PAR_x_2024_0badcafe/{name}" for name in ("manifest.json", "forecast.csv", "run.log", "")]
    + [
        "/2024-10-20_PAR_x_2024_0badcafe/data/scores.csv",
        "/2024-10-20_PAR_x_2024_0badcafe/notebooks/meeting.ipynb",
    ]
    + [
        "/2024-10-20_PAR_x_2024_0badcafe/../schedule.json",
        "/2024-10-20_PAR_x_2024_0badcafe/figures.xlsx.part",
    ],
)
def test_nothing_else_is_shown(path):
    """Plans, logs, records, data, notebooks and failed runs stay inside."""
    assert not shown(path)


@pytest.mark.skipif(shutil.which("sh") is None, reason="no sh here (Windows)")
def test_the_script_of_the_nightly_service_is_sound():
    """The shell can read it, and it asks for the last day in so many words."""
    script = ROOT / "container/nightly.sh"

    subprocess.run(["sh", "-n", str(script)], check=True, timeout=120)
    asked = subprocess.run(
        ["sh", str(script)],
        env={"PATH": "/bin:/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert asked.returncode != 0
    assert "YYYY-MM-DD" in asked.stderr


def test_links_of_the_guide_lead_somewhere():
    """What the guide names is in the folder."""
    guide = (ROOT / "docs/container.md").read_text(encoding="utf-8")

    for name in set(re.findall(r"`((?:container|tools)/[\w./]+)", guide)):
        assert (ROOT / PurePosixPath(name)).exists(), name
