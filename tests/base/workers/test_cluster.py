"""Laws of a Dask cluster's workers, against a scheduler and workers that are processes of their own."""

import os
import socket
import subprocess
import sys
import time

import pytest

from forecast.base.errors import RunError, SpecError
from forecast.base.workers import cluster as module
from forecast.base.workers import in_order
from forecast.base.workers.cluster import connected

pytest.importorskip("distributed", reason="dask and distributed are not installed (the extra 'cluster')")

QUIET = ["--no-dashboard"]


@pytest.fixture(scope="module")
def start(jobs, tmp_path_factory):
    """Start a process of Dask; all end with the tests."""
    folder = tmp_path_factory.mktemp("dask")
    started = []

    def begin(*words):
        command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:], *QUIET]
        with (folder / f"{len(started)}.log").open("wb") as log:
            started.append(subprocess.Popen(command, cwd=folder, stdout=log, stderr=log))

    yield begin
    for process in started:
        process.kill()
        process.wait(60)


@pytest.fixture(scope="module")
def address(start):
    """The address of a scheduler with two workers, which have no nanny to bring them back."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    start("scheduler", "--host", "127.0.0.1", "--port", str(port))
    for _ in range(2):
        start("worker", f"tcp://127.0.0.1:{port}", "--nthreads", "1", "--no-nanny")
    return f"tcp://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def cluster(address, jobs):
    """A connection to it, once both workers are there."""
    until = time.monotonic() + 60
    while True:
        try:
            with connected(address, jobs.versions) as found:
                found.client.wait_for_workers(2, timeout=60)
                yield found
            return
        except RunError:
            if time.monotonic() > until:
                raise


def test_a_cluster_gives_the_values_that_this_process_gives(cluster, jobs):
    """An error ends its own task only, and travels."""
    done = {each.place: each for each in cluster.each(jobs.sums, [1, 13, 2], 10)}

    assert {place: each.value for place, each in done.items()} == {0: 11, 1: None, 2: 12}
    assert str(done[1].error) == "thirteen"


def test_a_cluster_of_other_versions_is_refused_with_what_differs(address, cluster, jobs):
    """A worker with other code would give other bytes."""
    with pytest.raises(RunError) as refused, connected(address, jobs.other_versions):
        pass

    assert refused.value.text("en").count(f"here {os.getpid()}") == 2
    assert "code is" in refused.value.text("en")
    assert "python" not in refused.value.text("en")


def test_a_worker_that_joins_later_with_other_versions_is_refused_too(cluster, jobs):
    """Each task looks again where it is done."""
    found = module.Cluster(cluster.client, cluster.address, jobs.other_versions)

    done = list(found.each(jobs.sums, [1], 1))

    assert isinstance(done[0].error, RunError)
    assert done[0].error.key == "workers.unlike"


def test_a_worker_that_dies_at_work_is_survived(cluster, jobs, tmp_path):
    """What it was at is done by another."""
    found = in_order(cluster.each(jobs.dies_once, [1, 2, 13, 3], str(tmp_path)), 4)

    assert found == [1, 2, 13, 3]
    assert len(cluster._workers()) == 1


def test_when_no_worker_is_left_it_is_said(cluster, jobs, monkeypatch):
    """Nothing waits for ever."""
    monkeypatch.setattr(module, "PATIENCE", 0)
    monkeypatch.setattr(module, "ATTEMPTS", 1)

    (done,) = cluster.each(jobs.dies, [13], None)

    assert isinstance(done.error, RunError)
    assert done.error.key in {"workers.lost", "workers.died"}


@pytest.mark.parametrize("wrong", ["host:8786", "http://host:8786", "tcp://host", "tcp://host:8786; rm"])
def test_what_is_no_address_is_refused(wrong, jobs):
    """The form is told."""
    with pytest.raises(SpecError, match="tcp://host:8786"), connected(wrong, jobs.versions):
        pass


def test_a_scheduler_that_does_not_answer_is_refused_soon(jobs, monkeypatch):
    """One sentence with the address, and nothing begun."""
    monkeypatch.setattr(module, "CONNECT", 0.2)

    with (
        pytest.raises(RunError, match=r"tcp://127\.0\.0\.1:9 cannot be reached"),
        connected("tcp://127.0.0.1:9", jobs.versions),
    ):
        pass
