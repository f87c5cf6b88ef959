"""The life table: who is killed at which step of a fault's life. The steps are those that the code itself declares and writes down.

As a program, `python chaos_lives.py FILE`, it is a rehearsal without load: it has its watchdog break one thing, see it broken, and take it
back. What it is to do stands in FILE. As `sitecustomize` imports it in the watchdog, it lies in wait there and kills at the step.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chaos.errors import ChaosError, WatchdogLost
from chaos.target_handles import Handles
from chaos.watchdog.lease import Leases
from scenarios.plugins import PROJECT
from scenarios.run.facts import kinds_of
from scenarios.run.fault_event_kinds import FaultFailed, FaultInjecting, FaultNotHealed, FaultNotUndone, FaultWithoutEffect, OfFault

_TROUBLE = (FaultWithoutEffect, FaultNotHealed, FaultNotUndone, FaultFailed)
JOURNALED = "lease.journaled"
"""The one step that is no event: the lease is on the disk."""

VICTIMS = ("rehearsal", "watchdog", "both")

FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "process": ("primary-kill", {}),
    "node": ("process-kill", {"name": "bank-a"}),
    "frozen": ("process-freeze", {"part": "database", "role": "standby"}),
    "centre": ("centre-loss", {}),
    "link": ("link-cut", {"link": "bank-a.db"}),
    "setting": ("database-setting", {"setting": "default_transaction_read_only", "value": "on"}),
    "dial": ("supplier-dial", {"supplier": "risk", "dial": "even_errors", "value": 0.4}),
    "server": ("server-out", {"backend": "bank", "server": "bank-a"}),
    "capacity": ("autoscaling", {"at_once": 64, "queue": 16, "hold_ms": 0}),
    "kill switch": ("outcry", {"feed": "sentiment", "bad": 60, "good": 20}),
}
"""A fault of each way to break something."""

LEASE_S = 20.0
_PLAN = "STORMDRILL_TEST_LIVES"
_PATIENCE_S = 90.0


def steps() -> list[str]:
    """A life that goes well, in its order: the events of faults as they are declared, and the lease before the injection."""
    well = [kind for kind, facts in kinds_of(OfFault).items() if facts not in _TROUBLE]
    at = well.index(FaultInjecting.kind)
    return [*well[:at], JOURNALED, *well[at:]]


@dataclass(frozen=True)
class Life:
    """One cell."""

    kind: str
    victim: str
    step: str

    def __str__(self) -> str:
        """Its name in the table."""
        return f"{self.kind}: {self.victim} at {self.step}"


def lives() -> Iterator[Life]:
    """The whole table, one kind after the other."""
    for kind in FAULTS:
        for step in steps():
            for victim in VICTIMS:
                yield Life(kind, victim, step)


def untried(journal: Path) -> list[Life]:
    """Cells of which the journal has no line that says that they held."""
    lines = journal.read_text().splitlines() if journal.exists() else []
    held = {line["cell"] for line in map(json.loads, lines) if line["held"]}
    return [life for life in lives() if str(life) not in held]


@dataclass
class Lived:
    """How a cell went, one line of the journal."""

    cell: str
    exit: int | None = None
    healer: str = ""  # who took it back
    healed_s: float | None = None  # from the death on
    held: bool = False

    def note(self, journal: Path) -> None:
        """Written whole, whoever else writes: one append."""
        with journal.open("a") as lines:
            lines.write(json.dumps(asdict(self)) + "\n")


@dataclass(frozen=True)
class Wait:
    """What one rehearsal is to do, and where it leaves what it has come to."""

    life: Life
    handles: Handles
    folder: Path

    @property
    def leases(self) -> Path:
        """Its own leases."""
        return self.folder / "home" / "leases"

    @property
    def passed(self) -> list[str]:
        """Steps that were come to, in their order."""
        file = self.folder / "steps"
        return file.read_text().split() if file.exists() else []

    @property
    def died_s(self) -> float:
        """When somebody was killed, on the monotonic clock."""
        return float((self.folder / "died").read_text())

    def start(self) -> "subprocess.Popen[str]":
        """Starts the rehearsal; its watchdog reads `sitecustomize` first, as every Python of it does."""
        (self.folder / "sitecustomize.py").write_text(
            "import sys\nif 'chaos.watchdog.process' in sys.orig_argv:\n    import chaos_lives\n    chaos_lives.lie_in_wait()\n"
        )
        plan = self.folder / "plan.json"
        fault, fields = FAULTS[self.life.kind]
        told = {"handles": self.handles.model_dump(mode="json"), "leases": str(self.leases), "fault": fault, "fields": fields}
        plan.write_text(json.dumps(told | {"victim": self.life.victim, "step": self.life.step, "folder": str(self.folder)}))
        path = os.pathsep.join([str(self.folder), str(Path(__file__).parent), str(PROJECT)])
        return subprocess.Popen(
            [sys.executable, __file__, str(plan)],
            env=os.environ | {"PYTHONPATH": path, _PLAN: str(plan)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def lie_in_wait() -> None:
    """In the watchdog: writes down each step that is over, and kills whom it is to kill right there."""
    from chaos.watchdog.journal import FaultJournal  # noqa: PLC0415 - of the watchdog's process alone

    plan = json.loads(Path(os.environ[_PLAN]).read_text())
    folder, require, save, seen = Path(plan["folder"]), FaultJournal.require, Leases.save, list[str]()

    def come_to(name: str) -> None:
        if name not in steps() or name in seen:
            return
        seen.append(name)
        (folder / "steps").write_text("\n".join(seen))
        if name != plan["step"]:
            return
        (folder / "died").write_text(str(time.monotonic()))
        if plan["victim"] in ("rehearsal", "both"):
            os.kill(door := os.getppid(), signal.SIGKILL)
            until = time.monotonic() + 1
            while os.getppid() == door and time.monotonic() < until:
                time.sleep(0.001)
        if plan["victim"] in ("watchdog", "both"):
            os.kill(os.getpid(), signal.SIGKILL)

    def noted(journal: FaultJournal, facts: Any, at_ns: int) -> None:
        require(journal, facts, at_ns)
        come_to(facts.kind)

    def saved(leases: Leases, lease: Any) -> None:
        save(leases, lease)
        come_to(JOURNALED)

    FaultJournal.require, Leases.save = noted, saved  # type: ignore[method-assign]


def rehearse(plan: dict[str, Any]) -> int:
    """A fault's life; what a lost watchdog has left is healed, as the door does it. 0 only where all of it was done and healed."""
    from chaos import heal  # noqa: PLC0415 - of the rehearsal's process alone
    from chaos.registry import build_fault  # noqa: PLC0415 - as above
    from chaos.watchdog.client import WatchdogClient  # noqa: PLC0415 - as above
    from chaos.watchdog.protocol import FaultState  # noqa: PLC0415 - as above

    leases = Path(plan["leases"])
    try:
        watchdog = WatchdogClient(Handles.model_validate(plan["handles"]), leases=leases, lease_s=LEASE_S)
        struck = watchdog.inject(build_fault(plan["fault"], plan["fields"]), "life")
        for wanted in (FaultState.EFFECTIVE, FaultState.HEALED):
            until = time.monotonic() + _PATIENCE_S
            while watchdog.faults()[-1].state is not wanted:
                if time.monotonic() > until:
                    return _ended(2, f"not {wanted}: {watchdog.faults()[-1]}")
                time.sleep(0.02)
            if wanted is FaultState.EFFECTIVE:
                watchdog.undo(struck.lease)
        watchdog.close()
    except WatchdogLost as error:
        return _ended(3, error, *heal(leases))
    except ChaosError as error:
        return _ended(2, error)
    return 0


def _ended(code: int, *why: object) -> int:
    sys.stdout.write("".join(f"{one}\n" for one in why))
    return code


if __name__ == "__main__":
    sys.exit(rehearse(json.loads(Path(sys.argv[1]).read_text())))
