"""Write requirements.lock and environment.yml from pyproject.toml: ``make lock``, or ``make lock UPGRADE=1``.

Versions that stand in the lock stay, unless pyproject.toml rules them out or ``--upgrade`` is given.
"""

import subprocess
import sys
import tomllib

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from set_up import LOCK, OLDEST, PYTHON, ROOT, uv_environment

PROJECT = ROOT / "pyproject.toml"
CONDA = ROOT / "environment.yml"
# conda-forge splits these; the part without a drawing toolkit or pandoc is what PyPI's package is.
CONDA_NAMES = {"matplotlib": "matplotlib-base", "nbconvert": "nbconvert-core"}
CONDA_HEAD = """\
# Written by `make lock` from pyproject.toml and requirements.lock: change those, not this.
# What running needs, in the versions of the lock; developers use .venv (tools/set_up.py).
name: forecast
channels:
  - conda-forge
  - nodefaults
dependencies:
"""


def main(arguments: list[str]) -> int:
    """Resolve for every system at once, then write both files."""
    resolve = [
        str(PYTHON), "-m", "uv", "--quiet", "pip", "compile", str(PROJECT.name),
        "--all-extras", "--group", "dev",
        "--universal", "--python-version", ".".join(map(str, OLDEST)),
        "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links",
        "--custom-compile-command", "make lock", "--output-file", LOCK.name,
    ]  # fmt: skip
    subprocess.run([*resolve, *arguments], check=True, cwd=ROOT, env=uv_environment())
    text = conda_text(PROJECT.read_text(encoding="utf-8"), LOCK.read_text(encoding="utf-8"))
    CONDA.write_text(text, encoding="utf-8", newline="\n")
    return 0


def conda_text(project: str, lock: str) -> str:
    """environment.yml for the oldest Python: each run-time dependency in the version of the lock."""
    tables = tomllib.loads(project)
    wanted = tables["project"]["dependencies"] + tables["build-system"]["requires"]
    versions = locked_versions(lock)
    python = ".".join(map(str, OLDEST))
    lines = [f"  - python={python}", "  - pip"]
    names = sorted(canonicalize_name(Requirement(line).name) for line in wanted)
    lines += [f"  - {CONDA_NAMES.get(name, name)}=={versions[name]}" for name in names]
    return CONDA_HEAD + "\n".join(lines) + "\n"


def locked_versions(lock: str) -> dict[str, str]:
    """The version of each package that the oldest Python gets; a lock may hold others for newer ones."""
    python = ".".join(map(str, OLDEST))
    oldest = {**default_environment(), "python_version": python, "python_full_version": f"{python}.0"}
    versions = {}
    for line in lock.splitlines():
        if "==" in line and not line.startswith((" ", "#")):
            pin = Requirement(line.rstrip(" \\"))
            if pin.marker is None or pin.marker.evaluate(oldest):
                versions[canonicalize_name(pin.name)] = str(pin.specifier).removeprefix("==")
    return versions


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
