"""Load from other machines: real masters and workers on loopback, which share no folder."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from locustfiles_afar import Afar, Cable, afar, until
from locustfiles_kit import drive, planned, scenario, serving, target
from loopback import free_port

from locustfiles.crowd.workload import Workload
from reports.checks.generator import processes as processes_check
from reports.evidence import read_evidence
from reports.finding import Status
from scenarios.errors import BadInput, StormdrillError
from scenarios.plan.scenario import Scenario
from scenarios.run.event_kinds import LoadClock, LoadFinished, LoadJoined, LoadLost
from scenarios.run.folder import Run, create_run
from scenarios.run.records import FLAG_NOT_SENT, FLAG_UNSENT, MARK_DONE, STREAM_CROWD, Records, operation_id
from stormdrill.rehearsal.load_processes import Load, RemoteWorkers

CLAIMS = {"one-claim": 1.0}
_ROUNDED_MS = 0.002


def _claims(lasts: float, rate: float, **others: float) -> Scenario:
    """One claim of each customer; a busy machine has time to answer them."""
    return scenario(CLAIMS | {name.replace("_", "-"): weight for name, weight in others.items()}, lasts=lasts, rate=rate, drain=8.0)


def _crowd_of(run: Run) -> list[tuple[int, int, int]]:
    """Operation, arrival time and customer of each claim."""
    acks = run.acks()
    return sorted(zip(acks["operation_id"].tolist(), acks["intended_ns"].tolist(), acks["customer"].tolist(), strict=True))


@pytest.mark.parametrize("workers", [2, 4])
def test_the_same_scenario_and_seed_make_the_same_crowd_on_any_number_of_engines(tmp_path: Path, workers: int) -> None:
    """Operation ids, arrival times and customers of whole small runs."""
    what = _claims(0.5, 300)
    found = []
    with serving() as base:
        for many in (1, workers):
            crowd: list[tuple[int, int, int]] = []
            for worker in range(many):
                run, plan = planned(tmp_path, target(base), what, seed=3, workers=many)
                drive(run, plan, worker=worker, workers=many)
                crowd += _crowd_of(run)
            found.append(sorted(crowd))
    assert found[0] == found[1]
    assert len(found[0]) > 100


def test_two_workers_elsewhere_fill_the_masters_folder_as_one_engine_here_would(tmp_path: Path) -> None:
    """The same people at the same times; each sample, ack and event is there; workers end by themselves with 0 and leave nothing behind."""
    what = _claims(4, 150, zone_page=1.0)
    with serving() as base:
        alone, plan = planned(tmp_path / "alone", target(base), what, seed=3)
        drive(alone, plan)
        with afar(tmp_path, target(base), what, 2) as machines:
            workers = [machines.worker(), machines.worker()]
            run, plan = machines.begin()
            assert machines.end() == [0, 0, 0], machines.everything()
    assert _crowd_of(run) == _crowd_of(alone)
    assert set(run.acks()["mark"].tolist()) == {MARK_DONE}
    finished = machines.events(LoadFinished)
    assert sorted(event.writer for event in finished) == ["load-0", "load-1"]
    for event in finished:
        assert event.facts.offered == len(np.fromfile(run.samples_folder / f"{event.writer}.bin", "V48"))
    assert len(machines.events(LoadJoined)) == 2
    evidence = read_evidence(run.folder)
    assert not [what for what in (*evidence.broken_chains, *evidence.changed) if "load-" in what], "their seals came with them"
    for name in ("load-0", "load-1"):
        first, last = (event.facts for event in machines.events(LoadClock) if event.facts.process == name)
        # One machine has one clock: what it seems to drift is what either reading may be wrong by, however slow the machine.
        assert 0 <= last.drift_ms <= first.error_ms + last.error_ms + _ROUNDED_MS
    for worker in workers:
        assert "everything is at the master" in machines.said(worker)
    assert not list(tmp_path.glob("worker-*/*")), "a worker left something behind"


def test_a_killed_worker_loses_its_last_second_at_most_and_is_named(tmp_path: Path) -> None:
    """The others go on to the end of the run, which is INVALID."""
    what = _claims(8, 200)
    with serving() as base, afar(tmp_path, target(base), what, 2) as machines:
        machines.worker()
        machines.worker()
        run, plan = machines.begin()
        until(lambda: machines.now_s > 3, "three seconds of load")
        victim = next(event for event in machines.events(LoadJoined) if event.facts.process == "load-1")
        pid = int(victim.facts.host.rpartition("process ")[2].rstrip(")"))
        os.kill(pid, signal.SIGKILL)
        killed_s = machines.now_s
        assert sorted(machines.end()) == [-signal.SIGKILL, 0, 0], machines.everything()
    times = Workload(plan.scenario, plan.seed).times_s
    there = set(run.samples()["operation_id"].tolist())
    due = {operation_id(STREAM_CROWD, arrival, 1) for arrival in range(len(times)) if arrival % 2 == 0 or times[arrival] < killed_s - 1}
    assert due
    assert not due - there
    (lost,) = machines.events(LoadLost)
    assert (lost.facts.process, lost.facts.host) == ("load-1", victim.facts.host)
    found = processes_check.check(read_evidence(run.folder))
    assert found.status is Status.INVALID
    assert f"load-1 on {victim.facts.host} was lost" in found.detail


def test_a_master_that_stands_still_neither_disturbs_the_engine_nor_loses_a_record(tmp_path: Path) -> None:
    """Records wait in the worker's files while it does."""
    what = _claims(6, 400)
    with serving() as base, afar(tmp_path, target(base), what, 1) as machines:
        machines.worker()
        run, _ = machines.begin()
        until(lambda: machines.now_s > 2, "two seconds of load")
        machines.master.send_signal(signal.SIGSTOP)
        stopped_s = machines.now_s
        time.sleep(2)
        machines.master.send_signal(signal.SIGCONT)
        went_on_s = machines.now_s
        assert machines.end() == [0, 0], machines.everything()
    samples = run.samples()
    (finished,) = machines.events(LoadFinished)
    assert finished.facts.offered == len(samples) == len(run.acks())
    assert not machines.events(LoadLost)
    during = (samples["intended_ns"] > stopped_s * 1e9) & (samples["intended_ns"] < went_on_s * 1e9)
    assert _lag_ms(samples[during]) < (went_on_s - stopped_s) * 1000 / 4, "whoever waits for the master waits for half of that and more"


def _lag_ms(samples: Records) -> float:
    sent = samples[samples["flags"] & (FLAG_UNSENT | FLAG_NOT_SENT) == 0]
    return float(np.quantile(sent["dispatch_us"].astype(np.int64) - sent["pool_us"], 0.9)) / 1000


def test_a_connection_that_breaks_for_a_moment_loses_nothing(tmp_path: Path) -> None:
    """What was on its way is sent again; nobody is lost."""
    with serving() as base, afar(tmp_path, target(base), _claims(6, 300), 1) as machines, Cable(machines.port) as cable:
        machines.port = cable.port
        machines.worker()
        run, _ = machines.begin()
        until(lambda: machines.now_s > 2, "two seconds of load")
        cable.pull()
        time.sleep(1)
        cable.plug()
        assert machines.end() == [0, 0], machines.everything()
    (finished,) = machines.events(LoadFinished)
    assert finished.facts.offered == len(run.samples()) == len(run.acks())
    assert not machines.events(LoadLost)


def test_a_worker_that_was_frozen_is_given_up_and_ends_when_it_wakes(tmp_path: Path) -> None:
    """It is named, loads the target no longer, and what it has recorded still comes."""
    with serving() as base, afar(tmp_path, target(base), _claims(9, 100), 2) as machines:
        machines.worker()
        frozen = machines.worker()
        run, _ = machines.begin()
        until(lambda: machines.now_s > 1, "a second of load")
        frozen.send_signal(signal.SIGSTOP)
        until(lambda: machines.events(LoadLost), "it is missed", machines.everything)
        frozen.send_signal(signal.SIGCONT)
        assert machines.end() == [0, 0, 70], machines.everything()
    (lost,) = machines.events(LoadLost)
    assert f"(process {frozen.pid})" in lost.facts.host
    assert "the master has given this worker up: nothing was heard of it for 3 s" in machines.said(frozen)
    assert sum(event.facts.offered for event in machines.events(LoadFinished)) == len(run.samples())


def test_a_worker_that_stood_still_before_the_run_is_taken_when_it_wakes(tmp_path: Path) -> None:
    """Its master has not counted on it meanwhile; the run waits for it, and it works as if nothing had been."""
    with serving() as base, afar(tmp_path, target(base), _claims(2, 50), 2) as machines:
        slow = machines.worker()
        until(lambda: machines.roster().there, "the first is there", machines.everything)
        slow.send_signal(signal.SIGSTOP)
        until(lambda: not machines.roster().there, "it is missed", machines.everything)
        slow.send_signal(signal.SIGCONT)
        until(lambda: machines.roster().there, "it is back", machines.everything)
        machines.worker()
        run, _ = machines.begin()
        assert machines.end() == [0, 0, 0], machines.everything()
    assert len(machines.events(LoadJoined)) == 2
    assert not machines.events(LoadLost)
    assert sum(event.facts.offered for event in machines.events(LoadFinished)) == len(run.samples())


def test_a_run_that_is_stopped_early_still_gets_all_records(tmp_path: Path) -> None:
    """SIGTERM to the master: the workers end their load, send the rest, and end with 0."""
    with serving() as base, afar(tmp_path, target(base), _claims(600, 100), 1) as machines:
        machines.worker()
        run, _ = machines.begin()
        until(lambda: len(run.samples()) > 50, "some load", machines.everything)
        machines.master.send_signal(signal.SIGTERM)
        assert machines.end() == [0, 0], machines.everything()
    (finished,) = machines.events(LoadFinished)
    assert finished.facts.offered == len(run.samples())
    assert not machines.events(LoadLost)


def test_a_worker_that_is_stopped_on_its_own_machine_sends_what_it_has_and_is_named(tmp_path: Path) -> None:
    """Ctrl-C there: nothing recorded is lost, but its share of the load is missing."""
    with serving() as base, afar(tmp_path, target(base), _claims(6, 100), 2) as machines:
        machines.worker()
        mine = machines.worker()
        run, _ = machines.begin()
        until(lambda: machines.now_s > 1, "a second of load")
        mine.send_signal(signal.SIGINT)
        assert machines.end() == [0, 0, 70], machines.everything()
    (lost,) = machines.events(LoadLost)
    assert lost.facts.reason == "it was stopped on its own machine"
    assert len(machines.events(LoadFinished)) == 2
    assert sum(event.facts.offered for event in machines.events(LoadFinished)) == len(run.samples())


def test_a_worker_whose_master_is_gone_stops_loading_the_target(tmp_path: Path) -> None:
    """Within some ten seconds, and it says where its records stay."""
    with serving() as base, afar(tmp_path, target(base), _claims(600, 50), 1) as machines:
        worker = machines.worker()
        run, _ = machines.begin()
        until(lambda: len(run.samples()) > 20, "some load", machines.everything)
        machines.master.kill()
        assert worker.wait(timeout=40) == 70, machines.everything()
        said = machines.said(worker)
    assert "the master is gone" in said
    folder = Path(said.partition("what was recorded here stays in ")[2].splitlines()[0])
    assert len(Run(folder).samples()) >= len(run.samples())


def test_who_would_make_another_crowd_or_lacks_a_secret_is_refused_by_name(tmp_path: Path) -> None:
    """Each in one sentence, at the master and on its own machine; whoever fits is taken after them."""
    (tmp_path / "other" / "locustfiles" / "journeys").mkdir(parents=True)
    (tmp_path / "other" / "locustfiles" / "journeys" / "mine.py").write_text('"""Mine."""\n\n\ndef mine(customer):\n    yield customer\n')
    secretive = {"secrets": ["CANARY_KEY"], "headers": {"X-Key": "{secret.CANARY_KEY}"}}
    canary = "canary-4711-value"
    with serving() as base:
        to = target(base).model_validate(target(base).model_dump() | secretive)
        with afar(tmp_path, to, _claims(1, 50), 1) as machines:
            stranger = machines.worker(STORMDRILL_PATH=str(tmp_path / "other"), CANARY_KEY=canary)
            poor = machines.worker()
            _refused(machines, stranger, "the journeys of its own folder (--path) differ from the master's")
            _refused(machines, poor, "target small needs the environment variable CANARY_KEY, which is not set")
            right = machines.worker(CANARY_KEY=canary)
            run, _ = machines.begin()
            assert machines.end() == [0, 64, 64, 0], machines.everything()
            assert "working as load-0 of 1" in machines.said(right)
    written = [path.read_bytes() for path in run.folder.rglob("*") if path.is_file()]
    assert not any(canary.encode() in data for data in written)
    assert len(run.samples()) > 20


def _refused(machines: Afar, worker: "subprocess.Popen[str]", sentence: str) -> None:
    assert worker.wait(timeout=60) == 64, machines.everything()
    assert sentence in machines.said(worker)
    assert "Traceback" not in machines.said(worker)
    assert any(f"process {worker.pid}" in refused and sentence in refused for refused in machines.roster().refused)


def test_a_worker_without_a_master_ends_in_its_time_with_a_sentence() -> None:
    """Where nobody listens, and where the name is nobody's."""
    port = str(free_port())
    for host, code, sentence in [("127.0.0.1", 70, f"no master listens on 127.0.0.1:{port}"), ("no.such.host.invalid", 64, "is not known")]:
        command = [sys.executable, "-m", "stormdrill", "work", "--master-host", host, "--master-port", port, "--wait", "1"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == code, done.stderr
        assert sentence in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_master_without_workers_ends_in_its_time_with_a_sentence(tmp_path: Path) -> None:
    """It says how many came, and what to call; a port that is taken is said before anything starts."""
    run, _ = create_run(scenario(), target("http://127.0.0.1:1"), seed=1, workers=2, out=tmp_path)
    load, told = Load(run), []
    port = free_port()
    with socket.create_server(("127.0.0.1", port)), pytest.raises(BadInput, match=f"no master can listen on 127.0.0.1:{port}"):
        RemoteWorkers(port=port).check()
    try:
        with pytest.raises(StormdrillError, match=rf"0 of 2 workers came within 3 s; .* --master-host 127.0.0.1 --master-port {port}"):
            load.await_workers(2, RemoteWorkers(port=port, wait_s=3), told.append)
    finally:
        load.stop()
    assert told[0].startswith("waiting for 2 workers")
    assert load.ended
