"""Two rehearsals at once: neither breaks what the other has just broken; what is of another world or system is nothing to it."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from chaos_support import StandIn, wait

import chaos
from chaos.errors import ChaosError
from chaos.fault import Fault
from chaos.health import HealthCheck
from chaos.registry import build_fault
from chaos.target_handles import Handles
from chaos.watchdog.client import WatchdogClient
from scenarios.run.folder import Run

Start = Callable[[Handles], WatchdogClient]


@pytest.fixture
def start(leases: Path) -> Iterator[Start]:
    """Starts the watchdog of another rehearsal."""
    with ExitStack() as stack:
        yield lambda handles: stack.enter_context(WatchdogClient(handles, leases=leases))


@pytest.fixture
def fault(own_faults: Path, tmp_path: Path) -> Fault:
    """One that does not find out by itself that somebody else has broken the same."""
    assert own_faults.is_dir()
    return build_fault("witness", {"folder": str(tmp_path)})


def system(port: int) -> Handles:
    """A target that has no world of its own."""
    return Handles(health=HealthCheck(url=f"http://127.0.0.1:{port}/health", healthy="$.ok == true"))


def test_what_another_rehearsal_has_broken_of_one_system_is_refused_until_it_is_healed(
    start: Start, fault: Fault, leases: Path, run: Run
) -> None:
    """One sentence, nothing left of it, and the run is told; afterwards it is broken as if nothing had been."""
    with WatchdogClient(system(9), leases=leases, run=run) as mine:
        other = start(system(9))
        lease = other.inject(fault, "drill").lease
        told = r"^another rehearsal has broken the same part just now \(witness of witness, watchdog pid \d+\); wait for its end$"
        with pytest.raises(ChaosError, match=told):
            mine.inject(fault, "drill")
        assert (mine.faults(), len(chaos.leftovers(leases))) == ([], 1)
        other.undo(lease)
        wait(lambda: not chaos.leftovers(leases), "it is healed")
        mine.inject(fault, "drill")
    kinds = [json.loads(line)["kind"] for line in (run.events_folder / "watchdog.jsonl").read_text().splitlines()]
    assert kinds[1:6] == ["fault.requested", "fault.failed", "fault.requested", "fault.injecting", "fault.effective"]


def test_another_part_and_another_system_are_nobody_elses_business(start: Start, fault: Fault, world: StandIn) -> None:
    """Two parts of one world, two systems at two addresses, a system and a world."""
    start(world.handles).inject(build_fault("process-freeze", {"part": "database", "role": "standby"}), "drill")
    start(world.handles).inject(build_fault("process-freeze", {"part": "node", "name": "campaign-a"}), "drill")
    start(system(9)).inject(fault, "drill")
    start(system(10)).inject(fault, "drill")
    start(world.handles).inject(fault, "drill")
    with pytest.raises(ChaosError, match="another rehearsal has broken the same part"):
        start(world.handles).inject(fault, "drill")


def test_what_nobody_heals_any_more_is_not_broken_again(start: Start, fault: Fault, leases: Path) -> None:
    """Its watchdog was killed: whoever is refused is told what to do."""
    other, mine = start(system(9)), start(system(9))
    other.inject(fault, "drill")
    os.kill(other.pid, signal.SIGKILL)
    wait(lambda: not other.alive(), "its watchdog is dead")
    with pytest.raises(ChaosError, match=r"still broken from another rehearsal \(witness of witness\); run: stormdrill heal$"):
        mine.inject(fault, "drill")
    assert [one.healed for one in chaos.heal(leases)] == [True]


def test_of_two_at_the_same_moment_one_breaks_it(start: Start, fault: Fault) -> None:
    """Whoever comes second sees the first one's lease."""
    both, gate, refused = (start(system(9)), start(system(9))), threading.Barrier(2), list[str]()

    def strike(watchdog: WatchdogClient) -> None:
        gate.wait()
        try:
            watchdog.undo(watchdog.inject(fault, "drill").lease)
        except ChaosError as error:
            refused.append(str(error))

    for turn in range(20):
        threads = [threading.Thread(target=strike, args=[one]) for one in both]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        done = sum(len(one.faults()) for one in both)
        assert done + len(refused) == 2 * (turn + 1)
        wait(lambda: all(one.state == "healed" for each in both for one in each.faults()), "all is healed")
    assert refused, "they never met"
    assert all("the same part just now" in one for one in refused)
