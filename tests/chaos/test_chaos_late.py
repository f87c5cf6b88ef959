"""What is broken after it was taken back, for nobody answered in time, is taken back again; its lease stays until then."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from answering import JsonAnswers, answering
from chaos_support import wait
from chaos_ways import target

from chaos.errors import ChaosError, Unanswered
from chaos.fault import Fault, FaultTarget
from chaos.handles.http import demand
from chaos.handles.process import boot
from chaos.health import ProbeResult
from chaos.registry import build_fault
from chaos.target_handles import Handles
from chaos.watchdog import active_fault
from chaos.watchdog.active_fault import ActiveFault
from chaos.watchdog.client import WatchdogClient
from chaos.watchdog.guarded_fault import GuardedFault
from chaos.watchdog.journal import FaultJournal
from chaos.watchdog.lease import Lease, Leases
from chaos.watchdog.leftovers import heal
from chaos.watchdog.protocol import FaultState

LATE_S = 6.0


@dataclass
class Core:
    """Something that is broken and mended by orders, and how it takes them."""

    state: str = "IN"
    slow: threading.Event = field(default_factory=threading.Event)  # an order to break it is carried out when this is set
    waits: bool = True  # whether an order to break it waits for that
    mended: int = 0


class Slow(JsonAnswers):
    """Its admin interface."""

    core: Core

    def get(self) -> None:
        """How it stands."""
        self.say(200, {"core": self.core.state})

    def post(self) -> None:
        """Breaks it when it gets round to it, mends it at once."""
        turn = str(self.read_json()["turn"])
        if turn == "OUT" and self.core.waits:
            self.core.slow.wait(30)
        self.core.mended += turn == "IN"
        self.core.state = turn
        try:
            self.say(200, {})
        except OSError:
            return  # nobody waits for it any more


@contextmanager
def slow_core() -> Iterator[tuple[Core, Handles]]:
    """One behind an admin interface, and how it is reached."""
    core = Core()
    turn = {turn: {"method": "POST", "path": "/core", "body": {"turn": turn}} for turn in ("IN", "OUT")}
    mapped = {"state": {"path": "/core"}, "whole": "$.core == 'IN'", "broken": "$.core == 'OUT'", "inject": turn["OUT"], "undo": turn["IN"]}
    with answering(Slow, core=core) as url:
        try:
            yield core, Handles.of(target(handles={"http_admin": url}, admin={"outage": mapped}), {})
        finally:
            core.slow.set()


def lease_of(handles: Handles, *, late_s: float = 0.0) -> Lease:
    """One of the switch, by nobody in particular."""
    now_ns = time.monotonic_ns()
    return Lease(
        id=f"{now_ns:020d}-1",
        fault="admin-switch",
        parameters={"switch": "outage"},
        handles=handles,
        target=FaultTarget(part="outage"),
        begun_ns=now_ns,
        expires_ns=now_ns + 10**10,
        late_until_ns=now_ns + int(late_s * 1e9),
        boot=boot(),
        watchdog_pid=2**22 - 3,
        watchdog_started=1,
    )


def test_an_injection_that_comes_after_its_undo_is_taken_back_again(leases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole at the undo is not yet healed: the lease stays, what then comes is undone, and only afterwards it is said to be healed."""
    monkeypatch.setattr(active_fault, "LATE_S", LATE_S)
    journal = FaultJournal(None)
    with slow_core() as (core, handles):
        fault = GuardedFault(build_fault("admin-switch", {"switch": "outage"}), journal)
        active = ActiveFault(fault, lease_of(handles), Leases(leases), journal)
        active.reserve()
        with pytest.raises(Unanswered):
            active.inject()
        assert (core.state, core.mended) == ("IN", 1)
        active.advance()
        assert active.state is FaultState.UNDONE, "it may still come"
        core.slow.set()
        wait(lambda: core.state == "OUT", "the order is carried out")
        wait(lambda: active.advance() or core.state == "IN", "it is taken back again")
        assert list(leases.glob("*.json")), "its lease went too early"
        wait(lambda: active.advance() or active.state is FaultState.HEALED, "it can come no more", LATE_S + 10)
        assert (core.state, core.mended) == ("IN", 2)
        assert not list(leases.glob("*.json"))


def test_whoever_heals_instead_looks_after_it_too(leases: Path) -> None:
    """The watchdog was killed while it waited for the answer."""
    with slow_core() as (core, handles):
        Leases(leases).make()
        Leases(leases).save(lease_of(handles, late_s=LATE_S))
        core.waits = False
        late = threading.Timer(LATE_S / 3, lambda: demand("POST", f"{handles.http_admin().url}/core", {"turn": "OUT"}))
        late.start()
        (healing,) = heal(leases)
        late.join()
        assert healing.healed, healing
        assert (core.state, core.mended) == ("IN", 2)
        assert not list(leases.glob("*.json"))


def test_a_lease_says_that_it_may_come_late_until_it_has_come(leases: Path) -> None:
    """On the disk before it is ordered, so that a guardian knows; and no longer once it is answered, or nobody could heal at once."""
    with slow_core() as (core, handles), WatchdogClient(handles, leases=leases) as watchdog:

        def written() -> list[Lease]:
            return [Lease.model_validate_json(path.read_bytes()) for path in leases.glob("*.json")]

        asked = threading.Thread(target=watchdog.inject, args=(build_fault("admin-switch", {"switch": "outage"}),))
        asked.start()
        wait(written, "a lease")
        assert written()[0].may_come_late
        core.slow.set()
        asked.join()
        wait(lambda: watchdog.faults()[-1].state is FaultState.EFFECTIVE, "it is broken")
        assert not written()[0].may_come_late
        began = time.monotonic()
        watchdog.undo(watchdog.faults()[-1].lease)
        wait(lambda: watchdog.faults()[-1].state is FaultState.HEALED, "it is healed")
        assert time.monotonic() - began < 20


class Refused(Fault):
    """A fault that is told no."""

    def find_target(self, handles: Handles) -> FaultTarget:  # noqa: ARG002 - as the contract has it
        """Anything."""
        return FaultTarget()

    def inject(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - as above
        """It is not done, and that is certain."""
        raise ChaosError("no")

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - as above
        """Never."""
        return ProbeResult(holds=False, evidence="no")

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Nothing."""

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - as above
        """Always."""
        return ProbeResult(holds=True, evidence="yes")


def test_a_definite_no_is_healed_at_once(leases: Path) -> None:
    """Nobody waits for what was refused."""
    journal = FaultJournal(None)
    with slow_core() as (_, handles):
        active = ActiveFault(GuardedFault(Refused(), journal), lease_of(handles, late_s=30.0), Leases(leases), journal)
        active.reserve()
        with pytest.raises(ChaosError, match=r"^no$"):
            active.inject()
        active.advance()
        assert active.state is FaultState.HEALED
