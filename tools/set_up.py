"""Make the project's environment: ``python3 tools/set_up.py``, the same on Linux, macOS and Windows.

``.venv`` comes to hold exactly what requirements.lock says, each file checked by its hash; then the package
itself is installed and Jupyter told of its kernel.  Run again, it does only what has changed.
In an environment made by conda (environment.yml), ``python tools/set_up.py --here`` does the last two steps.
Where nothing is developed, as in a container, ``--no-dev`` leaves out what only developers need.

An old Python must be able to read this file in order to say that it is too old: no syntax after 3.6.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
READY = VENV / ".ready"  # its age is compared with the lock's by the Makefile
OLDEST = (3, 11)
QUIETLY = ["--quiet", "--disable-pip-version-check"]
# One thread for each process: notebooks run beside each other, and sums come out the same on any machine.
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
KERNEL_SPEC = {"display_name": "Dự báo (forecast)", "env": dict(THREADS, PYTHONUTF8="1")}
JUPYTER_SETTINGS = {
    # A kernel whose traffic is open to other users of the machine says so in red on top of each notebook.
    "KernelManager": {"transport_encryption": "auto"},
    "LabApp": {"extension_manager": "readonly"},  # what is installed is the lock's affair
}
# No question about news when it opens, and no request to fetch them.
PAGE_SETTINGS = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}


# What JupyterLab adds to a notebook that it saves: the version of whoever opened it last.
OF_LANGUAGE = (
    "codemirror_mode",
    "file_extension",
    "mimetype",
    "nbconvert_exporter",
    "pygments_lexer",
    "version",
)
CLEAN = "-m nbstripout --keep-id --extra-keys '{}'".format(
    " ".join("metadata.language_info." + name for name in OF_LANGUAGE)
)


class SetUpError(Exception):
    """A step failed; the text says to a person what can be done."""


def main(arguments):
    """Make or mend the environment; give the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a Windows console may not know Vietnamese letters
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        check_python(sys.version_info)
        if arguments == ["--here"]:
            install_package([sys.executable, "-m", "pip", *QUIETLY, "install"])
            add_kernel(Path(sys.prefix))
        elif arguments not in ([], ["--no-dev"]):
            raise SetUpError("Cách dùng | Usage: python tools/set_up.py [--here | --no-dev]")
        else:
            make_environment(developing=not arguments)
    except SetUpError as error:
        sys.stderr.write("{}\n".format(error))
        return 1
    return 0


def check_python(version):
    """Refuse a Python that the locked packages do not support."""
    if tuple(version[:2]) < OLDEST:
        found, oldest = (".".join(str(part) for part in v[:2]) for v in (version, OLDEST))
        raise SetUpError(
            "Cần Python {1} trở lên, nhưng đây là Python {0}. | Python {1} or newer is needed, "
            "this is Python {0}.".format(found, oldest)
        )


def make_environment(developing):
    """Bring ``.venv`` to the state that the lock describes, with or without developers' packages."""
    if READY.exists():
        READY.unlink()  # if a step fails, the next run must not think that all is well
    make_venv()
    uv = [str(PYTHON), "-m", "uv", "--no-progress", "pip"]
    if not sys.stderr.isatty():
        uv.insert(3, "--quiet")
    where = ["--python", str(PYTHON)]
    environment = uv_environment()
    install_uv()
    say("cài các gói theo requirements.lock", "installing the packages of requirements.lock")
    everything = ["sync", "--require-hashes", str(LOCK)]
    needed = ["install", "--constraint", str(LOCK), "--requirement", "pyproject.toml", "--group", "install"]
    run(
        [*uv, *(everything if developing else needed), *where],
        "Không cài được các gói. Kiểm tra mạng, hoặc đặt kho gói nội bộ: pip config set global.index-url URL",
        "Could not install the packages. Check the network, or name your mirror: "
        "pip config set global.index-url URL",
        environment,
    )
    install_package([*uv, "install", *where], environment)
    add_kernel(VENV)
    if developing:
        teach_git()
    READY.write_text("", encoding="utf-8")


def make_venv():
    """Make ``.venv``; anew if its Python does not start or is too old."""
    works = "import sys; sys.exit(sys.version_info[:2] < {} or sys.prefix == sys.base_prefix)".format(OLDEST)
    if PYTHON.exists() and subprocess.call([str(PYTHON), "-c", works], stderr=subprocess.DEVNULL) == 0:
        return
    if VENV.exists():
        shutil.rmtree(str(VENV))
    say("tạo .venv", "making .venv")
    venv = [sys.executable, "-m", "venv", str(VENV)]
    if subprocess.call(venv, stdout=subprocess.DEVNULL) == 0:
        return
    run(  # Debian's Python has no pip for it until python3-venv is installed; the pip beside it will do
        [*venv, "--clear", "--without-pip"],
        "Không tạo được .venv (Debian, Ubuntu: apt install python3-venv).",
        "Could not make .venv (Debian, Ubuntu: apt install python3-venv).",
    )


def install_uv():
    """Install the uv that the lock names, by its hash: it installs in seconds what takes pip minutes."""
    pinned = locked("uv", LOCK.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "uv.txt"
        wanted.write_text(pinned, encoding="utf-8")
        run(
            [*pip(), *QUIETLY, "install", "--require-hashes", "--no-deps", "-r", str(wanted)],
            "pip không cài được uv. Kiểm tra mạng hoặc cấu hình pip (pip config list).",
            "pip could not install uv. Check the network, or pip's settings (pip config list).",
        )


def pip():
    """Give the pip of ``.venv``, or if it has none the one of the Python that runs this."""
    own = [str(PYTHON), "-m", "pip"]
    if subprocess.call([*own, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
        return own
    return [sys.executable, "-m", "pip", "--python", str(PYTHON)]


def locked(name, lock):
    r"""Give the lines of one package in the lock, with its hashes.

    >>> locked("uv", "tzdata==1 \\\n    --hash=sha256:aa\nuv==2 \\\n    --hash=sha256:bb\n    # via x\n")
    'uv==2 \\\n    --hash=sha256:bb\n'
    """
    found = re.search(r"^{}==.*\n(?:    --hash=.*\n)+".format(re.escape(name)), lock, re.MULTILINE)
    if found is None:
        raise SetUpError("requirements.lock: {} không có mã băm | has no hashes".format(name))
    return found.group()


def uv_environment():
    """Give uv, which does not read pip's settings, the mirror and certificate that pip uses."""
    environment = dict(os.environ)
    listed = subprocess.run([*pip(), "config", "list"], stdout=subprocess.PIPE, check=False)
    settings = pip_settings(listed.stdout.decode("utf-8", "replace"))
    if "index-url" in settings and "UV_INDEX_URL" not in environment:
        environment.setdefault("UV_DEFAULT_INDEX", settings["index-url"])
    if "cert" in settings:
        environment.setdefault("SSL_CERT_FILE", settings["cert"])
    return environment


def pip_settings(listed):
    r"""Read what ``pip config list`` printed: the environment wins over [install], that over [global].

    >>> pip_settings("global.cert='a'\nglobal.index-url='b'\n:env:.index-url='c'\n")
    {'cert': 'a', 'index-url': 'c'}
    """
    settings = {}
    for section in ("global", "install", ":env:"):
        for line in listed.splitlines():
            key, _, value = line.partition("=")
            if key.startswith(section + "."):
                settings[key[len(section) + 1 :]] = ast.literal_eval(value)
    return settings


def install_package(install, environment=None):
    """Install the package itself from src/, so that an edit counts at once; nothing is fetched."""
    run(
        [*install, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)],
        "Không cài được gói forecast từ thư mục này.",
        "Could not install the package from this folder.",
        environment,
    )


def add_kernel(prefix):
    """Make the Jupyter under `prefix` the project's: its kernel named and set so, and no questions asked.

    The kernel keeps Jupyter's usual name, python3, so the notebooks open in any environment; its command is
    "python", for which Jupyter takes its own, so a moved folder does no harm.
    """
    kernel = prefix / "share" / "jupyter" / "kernels" / "python3" / "kernel.json"
    spec = json.loads(kernel.read_text(encoding="utf-8"))
    spec.update(KERNEL_SPEC)
    write_json(kernel, spec)
    settings = prefix / "etc" / "jupyter"
    write_json(settings / "jupyter_config.json", JUPYTER_SETTINGS)
    write_json(settings / "labconfig" / "page_config.json", PAGE_SETTINGS)


def teach_git():
    """Let git in this checkout store notebooks without what they showed, and compare them cell by cell.

    The commands are relative, as git starts them at the top of the checkout; where .venv is gone, git says so
    and stores the notebook as it is, which a test then refuses.
    """
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return
    folder = PYTHON.parent.relative_to(ROOT).as_posix()
    settings = {
        "filter.notebook.clean": "{}/python {}".format(folder, CLEAN),
        "filter.notebook.smudge": "cat",
        "diff.jupyternotebook.command": "{}/git-nbdiffdriver diff".format(folder),
    }
    for name, value in settings.items():
        if subprocess.call([git, "-C", str(ROOT), "config", name, value]) != 0:
            say("git không nhận {}; bỏ qua".format(name), "git does not take {}; left out".format(name))
    # After a checkout git looks into each file once more; told now that all is well, it need not ask the
    # filter, which takes seconds for each notebook, at the next "git status".
    plain = ["-c", "filter.notebook.clean=", "update-index", "-q", "--refresh"]
    subprocess.call([git, "-C", str(ROOT), *plain], stdout=subprocess.DEVNULL)


def write_json(path, content):
    """Write readable JSON in place of what is there, making the folder if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        path.unlink()  # it may be one file with uv's cache, which must stay as it was
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def run(command, vietnamese, english, environment=None):
    """Run a command; if it fails, say what can be done."""
    try:
        code = subprocess.call(command, env=environment, cwd=str(ROOT))
    except OSError as error:
        code = error
    if code != 0:
        raise SetUpError("{}\n{}".format(vietnamese, english))


def say(vietnamese, english):
    """Tell the person at the terminal what goes on."""
    sys.stderr.write("{} | {}\n".format(vietnamese, english))
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
