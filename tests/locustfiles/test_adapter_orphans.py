"""A load dies with whoever started it: real processes, killed for real, and the target's own word for when the requests stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
from locustfiles_afar import afar, until
from locustfiles_kit import begin, made, scenario, serving, target

from scenarios.run.folder import Plan, Run
from scenarios.run.records import SAMPLE

DOOR = """
import signal, sys, time
from pathlib import Path
from scenarios.run.folder import Run
from stormdrill.rehearsal.load_processes import Load
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup, and in many a pipeline, it is ignored
load = Load(Run(Path(sys.argv[1])))
load.start(int(sys.argv[2]))
print(load.processes[0].pid, flush=True)
time.sleep(600)
"""
"""Starts the load as the door does, and waits."""

_STOPS_S = 1.0
"""What the processes were kept waiting for a core by others is not theirs, and comes on top."""


@contextmanager
def _door(run: Run, plan: Plan, workers: int) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """A door whose load is under way; and the process that it has started."""
    command = [sys.executable, "-c", DOOR, str(run.folder), str(workers)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as door:
        try:
            assert door.stdout is not None
            pid = int(door.stdout.readline())
            begin(run, plan, "master" if workers > 1 else "load-0")
            until(lambda: len(run.samples()) > 50, "some load")
            yield door, pid
        finally:
            door.kill()


def _family(pid: int) -> list[psutil.Process]:
    """A process and all that it has started."""
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


class Delays:
    """How long the threads of some processes have waited for a core, since they were first looked at; 0 where the system does not tell."""

    def __init__(self, family: list[psutil.Process]) -> None:
        """Counts from now on."""
        self._family = family
        self._first = self._now = self._look()

    def _look(self) -> dict[str, float]:
        return {str(path): delay_s for process in self._family for path, delay_s in _delays_s(process.pid)}

    def are_gone(self) -> bool:
        """Whether all processes have ended; looks at them as they are."""
        self._now |= self._look()
        return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in self._family)

    @property
    def all_s(self) -> float:
        """Of all threads."""
        return sum(self._now.values()) - sum(self._first.values())


def _delays_s(pid: int) -> Iterator[tuple[Path, float]]:
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(OSError, IndexError):
            yield path, int(path.read_text("ascii").split()[1]) / 1e9


def _last_sent_s(run: Run) -> float:
    """When the last request left, on the monotonic clock."""
    samples = run.samples()
    sent_ns = samples["intended_ns"] + (samples["ready_us"].astype("i8") + samples["dispatch_us"]) * 1000
    return (run.plan().t0_monotonic_ns + int(sent_ns.max())) / 1e9


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGHUP])
@pytest.mark.parametrize("workers", [1, 2])
def test_the_load_stops_within_a_second_of_its_doors_death(tmp_path: Path, workers: int, kind: signal.Signals) -> None:
    """However the door dies: no request leaves later, no load process is left, and what was recorded is whole and closed."""
    with serving() as base:
        run, plan = made(tmp_path, target(base), scenario({"one-claim": 1}, lasts=600, rate=100), workers=workers)
        with _door(run, plan, workers) as (door, pid):
            family = _family(pid)
            assert len(family) == (1 if workers == 1 else workers + 1)
            delays = Delays(family)
            door.send_signal(kind)
            killed_s = time.monotonic()
            door.wait(60)
            until(delays.are_gone, "the load processes are gone")
    assert _last_sent_s(run) < killed_s + _STOPS_S + delays.all_s
    for path in run.samples_folder.iterdir():
        assert (np.fromfile(path, SAMPLE)["mark"] != 0).all()


def test_workers_of_one_machine_stop_within_a_second_of_their_masters_death(tmp_path: Path) -> None:
    """Locust's master is killed and the door lives: its children end by themselves."""
    with serving() as base:
        run, plan = made(tmp_path, target(base), scenario({"one-claim": 1}, lasts=600, rate=100), workers=2)
        with _door(run, plan, 2) as (_door_process, pid):
            family = _family(pid)
            delays = Delays(family[1:])
            os.kill(pid, signal.SIGKILL)
            killed_s = time.monotonic()
            until(delays.are_gone, "the workers are gone")
    assert _last_sent_s(run) < killed_s + _STOPS_S + delays.all_s


def test_a_worker_elsewhere_stops_within_a_second_of_its_masters_death(tmp_path: Path) -> None:
    """Nobody listens on the master's port any more: that is no silence that might end."""
    with serving() as base, afar(tmp_path, target(base), scenario({"one-claim": 1}, lasts=600, rate=100), 1) as machines:
        worker = machines.worker()
        machines.begin()
        until(lambda: len(machines.run.samples()) > 50, "some load", machines.everything)
        delays = Delays([psutil.Process(worker.pid)])
        machines.master.kill()
        killed_s = time.monotonic()
        until(delays.are_gone, "the worker is gone", machines.everything)
        assert worker.wait() == 70, machines.everything()
        said = machines.said(worker)
        assert "the master is gone: nobody listens on its port any more" in said
        own = Run(Path(said.partition("what was recorded here stays in ")[2].splitlines()[0]))
        assert _last_sent_s(own) < killed_s + _STOPS_S + delays.all_s


@pytest.mark.parametrize("workers", [1, 2])
def test_no_process_of_a_load_listens_to_other_machines(tmp_path: Path, workers: int) -> None:
    """Every listening socket of every process is on loopback."""
    with serving() as base:
        run, plan = made(tmp_path, target(base), scenario({"one-claim": 1}, lasts=600, rate=50), workers=workers)
        with _door(run, plan, workers) as (_door_process, pid):
            listening = [
                connection.laddr
                for process in _family(pid)
                for connection in process.net_connections(kind="inet")
                if connection.status == psutil.CONN_LISTEN
            ]
    assert bool(listening) == (workers > 1)
    assert {address.ip for address in listening} <= {"127.0.0.1", "::1"}
