"""The watchdog: whatever dies, what was broken is healed, and nothing else is ever touched."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
from chaos_support import HERE, StandIn, wait

import chaos
from chaos.errors import ChaosError, WatchdogLost
from chaos.fault import FaultTarget, TargetProcess
from chaos.faults.process_freeze import ProcessFreeze
from chaos.handles.process import Process
from chaos.registry import build_fault
from chaos.watchdog.client import WatchdogClient
from chaos.watchdog.lease import Lease, Leases
from chaos.watchdog.protocol import FaultState, FaultStatus
from scenarios.run.events import merge_events
from scenarios.run.folder import Run

FREEZE = {"part": "database", "role": "standby"}


@pytest.fixture
def watchdog(world: StandIn, leases: Path, run: Run) -> Iterator[WatchdogClient]:
    """A watchdog over the stand-in world."""
    with WatchdogClient(world.handles, leases=leases, run=run) as watchdog:
        yield watchdog


def settled(watchdog: WatchdogClient, lease: str) -> FaultStatus:
    """The state of a fault once its probe has decided, or its health."""

    def now() -> FaultStatus:
        return next(state for state in watchdog.faults() if state.lease == lease)

    wait(lambda: now().state not in (FaultState.INJECTED, FaultState.UNDONE), f"{lease} is decided")
    return now()


def kinds(run: Run, *wanted: str) -> list[tuple[str, str]]:
    """Kinds and faults of the run's events, in their order."""
    return [
        (event.kind, getattr(event.facts, "fault", "")) for event in merge_events(run.events_folder) if not wanted or event.kind in wanted
    ]


def standby(world: StandIn) -> Process:
    """The standby's first process."""
    process = world.topology.one("database", role="standby").process
    assert process is not None
    return process


# What comes before an injection.


def test_lease_and_event_are_on_the_disk_before_the_injection(own_faults: Path, world: StandIn, tmp_path: Path, run: Run) -> None:
    """At the moment of the injection call, the lease and the event `fault.injecting` can be read by anybody who comes later."""
    assert own_faults.is_dir()
    with WatchdogClient(world.handles, leases=tmp_path / "run" / "leases", run=run) as watchdog:
        watchdog.inject(build_fault("witness", {"folder": str(tmp_path / "run")}), "drill")
    seen = json.loads((tmp_path / "run" / "seen.json").read_text())
    (lease,) = [text for name, text in seen.items() if name.startswith("leases/")]
    assert json.loads(lease)["fault"] == "witness"
    assert '"kind":"fault.injecting"' in seen["events/watchdog.jsonl"]


def test_the_leases_are_nobody_elses_business(watchdog: WatchdogClient, leases: Path) -> None:
    """The folder has mode 0700 and the lease 0600."""
    watchdog.inject(build_fault("process-freeze", FREEZE), "drill")
    (lease,) = leases.glob("*.json")
    assert leases.stat().st_mode & 0o777 == 0o700
    assert lease.stat().st_mode & 0o777 == 0o600


def test_a_leases_folder_that_others_may_enter_is_refused(world: StandIn, leases: Path) -> None:
    """A watchdog does not start over a folder into which somebody else could put a lease."""
    leases.mkdir(parents=True)
    leases.chmod(0o777)
    with pytest.raises(ChaosError, match="must be a folder of your own"):
        WatchdogClient(world.handles, leases=leases)


# The life of a fault.


def test_a_killed_primary_stays_away_until_the_undo_and_health_is_verified(
    watchdog: WatchdogClient, world: StandIn, run: Run, leases: Path
) -> None:
    """primary-kill: the process is gone, rejoining is held, the undo asks the supervisor, and the lease ends with health."""
    old = world.topology.one("database", role="primary")
    state = settled(watchdog, watchdog.inject(build_fault("primary-kill", {}), "primary-kill").lease)
    assert state.state is FaultState.EFFECTIVE, state.evidence
    assert old.process is not None
    assert not old.process.alive
    wait(lambda: world.state()["primary"] != old.name, "the standby is promoted")
    assert world.state()["held"]
    assert "/rejoin" not in str(world.state()["asked"])
    watchdog.undo(state.lease)
    assert settled(watchdog, state.lease).state is FaultState.HEALED
    assert world.state()["healthy"]
    assert not list(leases.glob("*.json"))
    assert [kind for kind, _ in kinds(run)] == [
        "watchdog.started",
        "fault.requested",
        "fault.injecting",
        "fault.effective",
        "fault.undoing",
        "fault.undone",
        "fault.healed",
    ]


@pytest.mark.parametrize(("silent", "kind"), [(False, "fault.not_healed"), (True, "fault.failed")], ids=["it says no", "nobody answers"])
def test_a_target_that_says_that_it_is_not_whole_is_told_apart_from_one_that_says_nothing(
    own_faults: Path, watchdog: WatchdogClient, run: Run, *, silent: bool, kind: str
) -> None:
    """The one is proof against the target, the other only that nobody knows. Both stay as leftovers."""
    assert own_faults.is_dir()
    state = watchdog.inject(build_fault("scar", {"silent": silent}), "drill")
    watchdog.undo(state.lease)
    assert settled(watchdog, state.lease).state is FaultState.FAILED
    assert [each for each, _ in kinds(run)][-1] == kind
    (told,) = [event.facts for event in merge_events(run.events_folder) if event.kind == kind]
    assert ("nobody answers" if silent else "two writers") in told.model_dump_json()


def test_a_part_is_killed_with_every_process_it_has_started(watchdog: WatchdogClient, world: StandIn) -> None:
    """No sleeper of a killed node is left behind to serve on."""
    node = world.topology.one("node").process
    assert node is not None
    tree = node.tree()
    assert len(tree) == 2, tree
    watchdog.inject(build_fault("process-kill", {"role": "campaign"}), "node-kill")
    wait(lambda: not any(process.alive for process in tree), "the whole tree is gone")


def test_a_frozen_part_is_woken_by_the_undo_as_the_very_same_process(watchdog: WatchdogClient, world: StandIn) -> None:
    """process-freeze: every process is in state T, and the same processes go on after the undo."""
    tree = standby(world).tree()
    state = settled(watchdog, watchdog.inject(build_fault("process-freeze", FREEZE), "drill").lease)
    assert state.state is FaultState.EFFECTIVE
    assert [process.stopped for process in tree] == [True, True]
    watchdog.undo(state.lease)
    assert settled(watchdog, state.lease).state is FaultState.HEALED
    assert [(process.alive, process.stopped) for process in tree] == [(True, False)] * 2


def test_a_fault_that_does_nothing_is_told_to_be_without_effect(own_faults: Path, world: StandIn, leases: Path, run: Run) -> None:
    """The probe decides, not the injection call; what had no effect is taken back."""
    assert own_faults.is_dir()
    with WatchdogClient(world.handles, leases=leases, run=run) as watchdog:
        state = settled(watchdog, watchdog.inject(build_fault("no-op", {}), "drill").lease)
    assert (state.without_effect, state.state) == (True, FaultState.HEALED)
    assert ("fault.without_effect", "no-op") in kinds(run)
    assert ("fault.effective", "no-op") not in kinds(run)


def test_what_was_injected_last_is_undone_first(own_faults: Path, world: StandIn, leases: Path, tmp_path: Path) -> None:
    """The end undoes in reverse order."""
    assert own_faults.is_dir()
    with WatchdogClient(world.handles, leases=leases) as watchdog:
        for number in (1, 2, 3):
            watchdog.inject(build_fault("witness", {"folder": str(tmp_path), "number": number}), "drill")
    assert (tmp_path / "undone").read_text().split() == ["3", "2", "1"]


def test_an_undo_can_be_asked_again(watchdog: WatchdogClient, run: Run) -> None:
    """The second undo of a fault does nothing."""
    lease = watchdog.inject(build_fault("process-freeze", FREEZE), "drill").lease
    watchdog.undo(lease)
    watchdog.undo(lease)
    assert settled(watchdog, lease).state is FaultState.HEALED
    assert kinds(run, "fault.undoing") == [("fault.undoing", "process-freeze")]


def test_a_failed_undo_stays_as_a_leftover_with_its_reason_and_heal_tries_again(
    own_faults: Path, world: StandIn, leases: Path, tmp_path: Path
) -> None:
    """Nothing is forgotten because it could not be undone once."""
    reason = f"the undo failed: the fault witness broke at {own_faults}/chaos/faults/witness.py:18: RuntimeError: will not"
    reason += "; by hand: mend witness as its owner does, then run: stormdrill heal"
    (tmp_path / "stubborn").touch()
    with WatchdogClient(world.handles, leases=leases) as watchdog:
        state = watchdog.undo(watchdog.inject(build_fault("witness", {"folder": str(tmp_path)}), "drill").lease)
    assert (state.state, state.evidence) == (FaultState.FAILED, reason)
    assert [left.reason for left in chaos.leftovers(leases)] == [reason]
    assert [one.healed for one in chaos.heal(leases)] == [False]
    (tmp_path / "stubborn").unlink()
    assert [one.healed for one in chaos.heal(leases)] == [True]
    assert chaos.leftovers(leases) == []


# Who must never be hit.


def test_a_process_with_another_start_time_is_never_signalled(world: StandIn) -> None:
    """A pid that was given to somebody else is left alone, whatever the lease says."""
    real = standby(world)
    someone = Process(real.pid, real.started + 1)
    assert not someone.signal(signal.SIGKILL)
    target = FaultTarget(part="db-b", processes=(TargetProcess(name="db-b", pid=someone.pid, started=someone.started),))
    fault = ProcessFreeze.model_validate(FREEZE)
    fault.inject(world.handles, target)
    fault.undo(world.handles, target)
    assert real.alive
    assert not real.stopped


def test_a_process_that_the_world_has_not_started_is_refused(watchdog: WatchdogClient, world: StandIn) -> None:
    """A topology that names somebody else's process, by its true pid and start time, does not get it killed."""
    path = world.folder / "topology.json"
    with subprocess.Popen(["/bin/sleep", "60"]) as stranger:
        try:
            process = Process.of(stranger.pid)
            assert process is not None
            os.kill(world.process.pid, signal.SIGSTOP)  # so that it does not write the file again
            document = json.loads(path.read_text())
            document["nodes"][0] |= {"pid": process.pid, "started": process.started}
            path.write_text(json.dumps(document))
            with pytest.raises(ChaosError, match="was not started by the world's supervisor"):
                watchdog.inject(build_fault("process-kill", {"role": "campaign"}), "drill")
            assert stranger.poll() is None
        finally:
            os.kill(world.process.pid, signal.SIGCONT)
            stranger.kill()


def test_a_refused_fault_leaves_no_lease(watchdog: WatchdogClient, leases: Path, run: Run) -> None:
    """Without a target nothing is written but the failure."""
    with pytest.raises(ChaosError, match="no living node role=bank in the topology; there are: campaign-a"):
        watchdog.inject(build_fault("process-kill", {"role": "bank"}), "drill")
    assert chaos.leftovers(leases) == []
    assert [kind for kind, _ in kinds(run)] == ["watchdog.started", "fault.requested", "fault.failed"]


# Who dies.


class Rehearsal:
    """A rehearsal in small, in a process group of its own, with a frozen standby."""

    def __init__(self, world: StandIn, leases: Path, lease_s: float) -> None:
        """Returns once the fault is effective."""
        arguments = [world.handles.model_dump_json(), str(leases), str(lease_s), "process-freeze", json.dumps(FREEZE)]
        argv = [sys.executable, str(HERE / "chaos_rehearsal.py"), *arguments]
        env = {**os.environ, "PYTHONPATH": str(HERE.parent.parent)}
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True, env=env)
        pid, state = self.line().split()
        assert state == "effective"
        watchdog = Process.of(int(pid))
        assert watchdog is not None
        self.watchdog = watchdog

    def line(self) -> str:
        """Its next line."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Kills it, and sees its watchdog go."""
        self.process.kill()
        self.process.communicate(timeout=10)
        wait(lambda: not self.watchdog.alive, "the watchdog has ended")


def test_kill_9_of_the_rehearsal_heals_within_the_lease(world: StandIn, leases: Path) -> None:
    """The watchdog hears the death at once, undoes and goes."""
    with Rehearsal(world, leases, 10) as rehearsal:
        frozen = standby(world)
        assert frozen.stopped
        rehearsal.process.kill()
        wait(lambda: not frozen.stopped, "the standby is awake", 10)
        wait(lambda: not rehearsal.watchdog.alive, "the watchdog has ended")
    assert frozen.alive
    assert chaos.leftovers(leases) == []


def test_a_rehearsal_that_hangs_is_healed_when_its_lease_runs_out(world: StandIn, leases: Path) -> None:
    """A stopped rehearsal keeps its connection but gives no sign of life."""
    with Rehearsal(world, leases, 2) as rehearsal:
        frozen = standby(world)
        os.kill(rehearsal.process.pid, signal.SIGSTOP)
        wait(lambda: not frozen.stopped, "the standby is awake")
        wait(lambda: not rehearsal.watchdog.alive, "the watchdog has ended")


def test_a_drill_may_last_longer_than_its_lease(world: StandIn, leases: Path) -> None:
    """The lease is renewed as long as the rehearsal gives a sign of life, and what is broken stays so."""

    def expires_ns() -> int:
        (file,) = leases.glob("*.json")
        return Lease.model_validate_json(file.read_text()).expires_ns

    with Rehearsal(world, leases, 4) as rehearsal:
        first_ns = expires_ns()
        wait(lambda: time.monotonic_ns() > first_ns < expires_ns(), "the first lease would be over", 30)
        assert standby(world).stopped
        assert rehearsal.watchdog.alive


def test_ctrl_c_does_not_reach_the_watchdog(world: StandIn, leases: Path) -> None:
    """An interrupt of the rehearsal's group, and of the watchdog itself, leaves the watchdog and the fault as they are."""
    with Rehearsal(world, leases, 10) as rehearsal:
        rehearsal.watchdog.signal(signal.SIGINT)
        os.killpg(rehearsal.process.pid, signal.SIGINT)
        assert rehearsal.line().split() == ["interrupted", "effective"]
        assert os.getpgid(rehearsal.watchdog.pid) != os.getpgid(rehearsal.process.pid)
        assert standby(world).stopped


def test_a_terminated_watchdog_heals_before_it_goes(watchdog: WatchdogClient, world: StandIn, leases: Path) -> None:
    """SIGTERM undoes everything, and the door hears that the watchdog is gone."""
    watchdog.inject(build_fault("process-freeze", FREEZE), "drill")
    frozen = standby(world)
    os.kill(watchdog.pid, signal.SIGTERM)
    wait(lambda: not watchdog.alive(), "the watchdog has ended")
    assert not frozen.stopped
    assert chaos.leftovers(leases) == []


def test_kill_9_of_the_watchdog_is_noticed_and_heal_heals(watchdog: WatchdogClient, world: StandIn, leases: Path, run: Run) -> None:
    """The door sees that it is gone; the lease lies there; heal undoes it once, tells the run, and has nothing to do the second time."""
    watchdog.inject(build_fault("process-freeze", FREEZE), "drill")
    frozen = standby(world)
    assert [left.watched for left in chaos.leftovers(leases)] == [True]
    assert [one.healed for one in chaos.heal(leases)] == [False], "a living watchdog's fault was taken from it"
    assert frozen.stopped
    os.kill(watchdog.pid, signal.SIGKILL)
    wait(lambda: not watchdog.alive(), "the door notices")
    with pytest.raises(WatchdogLost):
        watchdog.faults()
    assert [(left.fault, left.watched, left.reason) for left in chaos.leftovers(leases)] == [("process-freeze", False, "its watchdog died")]
    assert [one.healed for one in chaos.heal(leases)] == [True]
    assert not frozen.stopped
    assert chaos.heal(leases) == []
    assert kinds(run, "fault.undone", "fault.healed") == [("fault.undone", "process-freeze"), ("fault.healed", "process-freeze")]


def test_a_dead_watchdogs_killed_primary_is_brought_back_by_heal(watchdog: WatchdogClient, world: StandIn, leases: Path) -> None:
    """Heal undoes through the owner and waits for health."""
    watchdog.inject(build_fault("primary-kill", {}), "primary-kill")
    os.kill(watchdog.pid, signal.SIGKILL)
    wait(lambda: not watchdog.alive(), "the door notices")
    assert [one.healed for one in chaos.heal(leases)] == [True]
    assert world.state()["healthy"]


def test_a_lease_of_a_world_that_is_gone_is_cleared(watchdog: WatchdogClient, world: StandIn, leases: Path) -> None:
    """There is nothing to take back, and heal says so instead of failing for ever."""
    watchdog.inject(build_fault("primary-kill", {}), "primary-kill")
    os.kill(watchdog.pid, signal.SIGKILL)
    wait(lambda: not watchdog.alive(), "the door notices")
    assert world.process.stdin is not None
    world.process.stdin.close()
    world.process.wait(10)
    (healing,) = chaos.heal(leases)
    assert (healing.healed, healing.detail) == (True, "its world is gone, and nothing of it is left")
    assert chaos.leftovers(leases) == []


def test_processes_of_an_earlier_boot_are_not_touched(watchdog: WatchdogClient, world: StandIn, leases: Path) -> None:
    """A lease of another boot names pids that mean nothing now."""
    watchdog.inject(build_fault("process-freeze", FREEZE), "drill")
    os.kill(watchdog.pid, signal.SIGKILL)
    wait(lambda: not watchdog.alive(), "the door notices")
    (lease,) = Leases(leases).all()
    assert isinstance(lease, Lease)
    Leases(leases).save(lease.model_copy(update={"boot": "another"}))
    assert [one.healed for one in chaos.heal(leases)] == [True]
    assert standby(world).stopped, "a process of this boot was signalled for a lease of another"


def test_a_watchdog_that_hangs_is_ended_so_that_others_can_heal(world: StandIn, leases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stopped watchdog does not answer; the door gives it up, ends it, and heals."""
    monkeypatch.setattr("chaos.watchdog.client._ASK_S", 1.0)
    monkeypatch.setattr("chaos.watchdog.client._LAST_S", 1.0)
    watchdog = WatchdogClient(world.handles, leases=leases)
    watchdog.inject(build_fault("process-freeze", FREEZE), "drill")
    os.kill(watchdog.pid, signal.SIGSTOP)
    with pytest.raises(WatchdogLost, match="does not answer"):
        watchdog.faults()
    assert not watchdog.alive()
    with pytest.raises(WatchdogLost):
        watchdog.close()
    assert [one.healed for one in chaos.heal(leases)] == [True]
