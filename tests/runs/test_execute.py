"""Notebooks executed in kernels of their own: what is kept, and how each failure is told."""

import asyncio
import dataclasses
import json
import os
import queue
import sys
import threading
import time
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpec
from papermill.exceptions import PapermillExecutionError

from forecast.base.errors import RunError
from forecast.runs.execute import Limits, _first_line, execute
from forecast.runs.kernel_startup import MOST_OUTPUT
from forecast.runs.kernels import Kernels, can_fork

PARAMETERS = 'area: str = "x"  # province\n'
QUICK = Limits(cell_seconds=60, start_seconds=60)


@pytest.fixture
def run(kernels, tmp_path):
    """Execute a notebook and give (executed notebook or None, error or None); the file must be there."""

    def execute_one(source, given=None, limits=QUICK, using=kernels):
        output = tmp_path / "made.ipynb"
        executed, error = None, None
        try:
            executed = execute(
                source, given or {}, name="made", output=output, kernels=using, limits=limits, lang="en"
            )
        except RunError as failure:
            error = failure
        return nbformat.read(output, as_version=4), executed, error

    return execute_one


def texts(executed):
    """What the cells printed or showed."""
    outputs = [output for cell in executed.cells for output in cell.get("outputs", [])]
    return "".join(output.get("text", output.get("data", {}).get("text/plain", "")) for output in outputs)


def test_parameters_arrive_as_given_and_are_readable(made, run):
    """A name keeps its marks, quotes and braces on the way into the kernel and in the file."""
    area = "TP. Hồ Chí Minh {\"x\"} \\ 'y'"

    kept, executed, error = run(made.notebook("print(area)", parameters=PARAMETERS), {"area": area})

    assert error is None
    assert texts(executed) == area + "\n"
    assert "TP. Hồ Chí Minh" in kept.cells[1].source


def test_a_kernel_stands_apart_from_the_machine_it_runs_on(made, run, monkeypatch):
    """Neither the working folder nor the user's own IPython nor a progress bar reaches a result."""
    source = "import os, sys, random\nprint(os.getcwd() in os.environ['IPYTHONDIR'], '' in sys.path)\n"
    source += "print(os.environ['TQDM_DISABLE'], os.environ['OMP_NUM_THREADS'], hash('a') == hash('a'))"

    _, executed, _ = run(made.notebook(source))

    assert texts(executed) == "True False\n1 1 True\n"


def test_kernels_are_quiet_and_out_of_others_sight(made, run, capfd):
    """Nothing is said on the terminal, of encryption say, and no port is opened."""
    source = "from IPython import get_ipython\napp = get_ipython().kernel.parent\nprint(app.transport)"

    _, executed, _ = run(made.notebook(source))

    assert texts(executed) == "ipc\n"
    assert capfd.readouterr() == ("", "")


def test_a_failing_cell_is_named_as_the_stored_notebook_counts(made, run):
    """The injected cell does not shift the number; the reason is the exception's own words."""
    kept, _, error = run(
        made.notebook(
            "x = 1", "\n# a note\nraise ValueError('87,5 is no number\\nmore')", parameters=PARAMETERS
        ),
        {"area": "Hà Nội"},
    )

    assert (error.notebook, error.cell) == ("made", 3)
    assert str(error) == (
        "The notebook made failed in cell 3 (“# a note”): the cell raised ValueError: 87,5 is no number."
    )
    assert "87,5 is no number" in kept.cells[0].source
    assert any(output.output_type == "error" for output in kept.cells[-1].outputs)


def test_a_cell_that_takes_too_long_is_marked_as_failed(made, run, capfd):
    """papermill leaves such a cell "completed" and raises another error than for a failing cell."""
    kept, _, error = run(made.notebook("1", "import time; time.sleep(60)"), limits=Limits(cell_seconds=1))

    assert error.cell == 2
    assert "longer than the 1 second allowed" in str(error)
    assert kept.cells[2].metadata.papermill.status == "failed"
    assert kept.metadata.papermill.exception is True
    assert capfd.readouterr() == ("", "")


def test_a_kernel_that_is_killed_is_told(made, run):
    """What the system does when memory runs out."""
    _, _, error = run(made.notebook("import os\nos.kill(os.getpid(), 9)", "1"))

    assert error.cell == 1
    assert "the process of the notebook died (code -9)" in str(error)


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be given less memory there")
def test_memory_that_runs_out_is_told(made, run):
    """A cell that is refused more memory fails with that reason, and the next cells are not run."""
    greedy = (
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (4_000_000_000, -1))\n"
        "kept = []\nwhile True: kept.append(bytes(100_000_000))"
    )

    kept, _, error = run(made.notebook(greedy, "print('never')"))

    assert error.cell == 1
    assert "the cell raised MemoryError" in str(error)
    assert texts(kept) == ""


@pytest.mark.parametrize("loud", ["print('x' * 1000, flush=True)", "display('x' * 1000)"])
def test_output_without_end_is_cut(made, run, loud):
    """A loop that prints or shows something does not fill memory or disk."""
    kept, _, error = run(
        made.notebook(f"while True: {loud}"),
        limits=Limits(cell_seconds=60, output_bytes=200_000),
    )

    assert "printed more than 0.2 MB" in str(error)
    assert len(json.dumps(kept)) < 2_000_000


HUGE = {
    "one print": f"print('x' * {MOST_OUTPUT + 500})",
    "one value": f"'x' * {MOST_OUTPUT + 500}",
    "many prints": "for _ in range(300): print('x' * 100_000)",
    "warnings": "import sys\nfor _ in range(300): sys.stderr.write('x' * 100_000)",
}


@pytest.mark.parametrize("source", HUGE.values(), ids=HUGE)
def test_what_is_printed_without_end_does_not_travel_whole(source, made, run):
    """What is refused anyhow is not copied through the kernel, the socket and the owner."""
    patient = Limits(cell_seconds=60, output_bytes=10 * MOST_OUTPUT, shown_bytes=10 * MOST_OUTPUT)

    _, executed, error = run(made.notebook(source), limits=patient)

    assert error is None
    assert len(texts(executed).rstrip("\n")) in (MOST_OUTPUT, MOST_OUTPUT + 1)


@pytest.mark.parametrize("times", [1, 3])
def test_tables_too_large_for_a_page_are_told_with_their_cell(times, made, run):
    """Before a page of them is made; one table or many that add up, however little was printed."""
    show = f"from IPython.display import HTML, display\nfor _ in range({times}): display(HTML('x' * 40_000))"
    few = Limits(cell_seconds=60, shown_bytes=40_000 * times - 1)

    _, _, error = run(made.notebook("1", show), limits=few)
    _, _, none = run(made.notebook("1", show), limits=dataclasses.replace(few, shown_bytes=50_000 * times))

    assert "“from IPython.display import HTML, display”" in str(error)
    assert "table.head(100)" in str(error)
    assert none is None


def test_a_notebook_that_names_no_kernel_is_python(made, run):
    """Other programs leave it out; kernels here are Python's."""
    source = made.notebook("print(area)", parameters=PARAMETERS)
    source.metadata = nbformat.from_dict({})

    _, executed, error = run(source, {"area": "a"})

    assert error is None
    assert texts(executed) == "a\n"


@pytest.mark.parametrize(
    "source",
    [
        "import traceback\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    traceback.print_exc()",
        "import traceback\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    print(traceback.format_exc())",
        "import traceback\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    display(traceback.format_exc())",
        "import logging\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    logging.exception('no figure')",
    ],
)
def test_a_swallowed_error_is_a_failure(made, run, source):
    """A page from such a notebook may lack anything."""
    _, _, error = run(made.notebook(source, "2"))

    assert error.cell == 1
    assert "shows an error and went on" in str(error)


def test_a_tag_that_permits_errors_permits_none(made, run):
    """A report has no cell that may fail."""
    source = made.notebook("1")
    source.cells.append(made.code("1 / 0", tags=["raises-exception"]))

    _, _, error = run(source)

    assert error.cell == 2


@pytest.mark.parametrize("line", ["import sys\nsys.exit(0)", "exit()", "quit"])
def test_an_early_exit_is_a_failure(line, made, run):
    """papermill calls sys.exit(0) a success, whatever was to come after it; exit() ends nothing there."""
    _, _, error = run(made.notebook(line, "print('never')"))

    assert error.cell == 1
    assert "calls sys.exit()" in str(error)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("!exit 3", "the command “!exit 3” failed (code 3)"),
        ("!no-such-command", "the command “!no-such-command” failed (code 127)"),
        ("%sx exit 3", "the command “!exit 3” failed (code 3)"),
        ("%%bash\necho 1\nexit 4", "the command “%%bash” failed (code 4)"),
        ("%%script bash -e\nfalse", "the command “%%script bash -e” failed (code 1)"),
        ("%%pypy\nprint(1)", "the command “%%pypy” failed (code 127)"),
        ("name = 5\nlines = !exit {name}", "the command “!exit {name}” failed (code 5)"),
    ],
)
def test_a_shell_line_that_fails_is_a_failure(line, said, made, run):
    """IPython itself goes on after it; a line that succeeds is none."""
    _, _, error = run(made.notebook("!exit 0\n2", line))

    assert error.cell == 2
    assert said in str(error)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("raise KeyboardInterrupt", "raised KeyboardInterrupt."),
        ("raise ValueError('two faults:\\n  one\\n  two')", "raised ValueError: two faults: one."),
    ],
)
def test_what_a_cell_raised_is_told_with_its_cause(line, said, made, run):
    """An announcement alone says nothing."""
    _, _, error = run(made.notebook("1", line))

    assert said in str(error)


@pytest.mark.parametrize("line", ["%foo", "%%foo\nx", "x = %foo"])
def test_an_unknown_line_of_notebooks_is_named(line, made, run):
    """IPython tells it by no error; here it is one, with its name."""
    _, _, error = run(made.notebook(line))

    assert "cannot be carried out" in str(error)
    assert "`%" in str(error)


@pytest.mark.parametrize("line", ["input('?')", "import getpass; getpass.getpass()", "breakpoint()"])
def test_a_cell_that_waits_for_somebody_to_type_is_told(line, made, run):
    """Nobody sits before a run; Jupyter's own sentence is English."""
    _, _, error = run(made.notebook("1", line))

    assert error.cell == 2
    assert "the cell waits for somebody to type" in str(error)
    assert "ô chờ người gõ vào" in error.text("vi")


def test_a_kernel_that_does_not_start_is_tried_twice_and_then_told(made, tmp_path):
    """Only the start is tried again: a cell may have done something already."""
    managers = []

    class Broken(Kernels):
        def manager(self):
            managers.append(super().manager())
            managers[-1].provisioner = None
            managers[-1].kernel_spec_manager.get_kernel_spec = lambda _: KernelSpec(argv=["/no/such/python"])
            return managers[-1]

    with Broken([], tmp_path / "log", fork=False) as broken, pytest.raises(RunError) as refused:
        execute(
            made.notebook("1"), {}, name="made", output=tmp_path / "o.ipynb", kernels=broken, limits=QUICK
        )

    assert "did not start in 2 attempts" in str(refused.value)
    assert len(managers) == 2


def test_a_start_that_fails_once_is_no_failure(made, tmp_path):
    """A kernel that dies while it starts is replaced by another."""

    class Unlucky(Kernels):
        count = 0

        def manager(self):
            manager = super().manager()
            self.count += 1
            if self.count == 1:
                manager.connection_file = str(tmp_path / "no such folder" / "kernel.json")
            return manager

    with Unlucky([], tmp_path / "log") as unlucky:
        executed = execute(
            made.notebook("print(1)"),
            {},
            name="made",
            output=tmp_path / "o.ipynb",
            kernels=unlucky,
            limits=QUICK,
        )

    assert texts(executed) == "1\n"
    assert unlucky.count == 2


def test_a_stop_ends_all_kernels_and_what_they_started(made, tmp_path):
    """Ctrl-C leaves no process behind, neither a kernel nor a child of one."""
    with Kernels([], tmp_path / "log") as kernels:
        noted = tmp_path / "pids"
        source = (
            f"import os, subprocess\nchild = subprocess.Popen(['sleep', '1000'])\n"
            f"open({str(noted)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\nchild.wait()"
        )
        failures = []

        def work():
            try:
                execute(
                    made.notebook(source),
                    {},
                    name="made",
                    output=tmp_path / "o.ipynb",
                    kernels=kernels,
                    limits=QUICK,
                )
            except RunError as error:
                failures.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        until = time.monotonic() + 60
        while not (noted.is_file() and len(noted.read_text().split()) == 2) and time.monotonic() < until:
            time.sleep(0.05)
        kernels.close()
        thread.join(60)

    assert "the run was stopped" in str(failures[0])
    for pid in map(int, noted.read_text().split()):
        assert _gone(pid)
    with pytest.raises(RunError, match="stopped"):
        execute(
            made.notebook("1"), {}, name="late", output=tmp_path / "p.ipynb", kernels=kernels, limits=QUICK
        )


@pytest.mark.skipif(
    not can_fork(), reason="this system does not fork kernels, so there is nothing to compare"
)
def test_forked_and_ordinary_kernels_give_the_same_outputs(made, run, tmp_path):
    """How a kernel came to be changes no byte of what it shows."""
    source = made.notebook(
        "import pandas as pd\nimport matplotlib.pyplot as plt",
        "pd.DataFrame({'a': [1.5, 2.25]})",
        "plt.plot([1, 2]);",
        "hash('x'), print('y')",
        parameters=PARAMETERS,
    )
    outputs = []
    for fork in (True, False):
        with Kernels((), tmp_path / "log", fork=fork) as kernels:
            _, executed, error = run(source, {"area": "x"}, using=kernels)
            assert error is None
            outputs.append([cell.outputs for cell in executed.cells])

    assert outputs[0] == outputs[1]
    assert "image/png" in outputs[0][4][-1]["data"]


def _gone(pid):
    for _ in range(100):
        try:
            os.kill(pid, 0)
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
            if stat.rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


def test_a_kernel_that_is_ready_has_nothing_left_to_say(kernels):
    """Words of the start are not taken for output of the first cell; a dead one is not waited for."""

    async def left():
        manager = kernels.manager()
        await manager.start_kernel()
        client = manager.client()
        client.start_channels()
        try:
            await client.wait_for_ready(timeout=30)
            with pytest.raises(queue.Empty):
                await client.get_iopub_msg(timeout=0.3)
            await manager.shutdown_kernel(now=True)
            with pytest.raises(RuntimeError, match="died"):
                await client.wait_for_ready(timeout=30)
        finally:
            client.stop_channels()

    asyncio.run(left())


@pytest.mark.parametrize(
    ("traceback", "told"),
    [
        (["SpecError: không có “D33”\n  dòng sau"], "SpecError: không có “D33”"),
        (["-----", "SpecError: there is no “D33”"], "SpecError: there is no “D33”"),
        (None, "SpecError: there is no “D33”"),
    ],
)
def test_what_the_desk_refuses_is_told_in_its_words(traceback, told):
    """A refusal without a trace stands in the notebook's language; anything else is told as it was raised."""
    error = PapermillExecutionError(1, 1, "bench", "SpecError", "there is no “D33”\nmore", traceback)

    assert _first_line(error) == told
