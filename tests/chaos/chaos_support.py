"""The stand-in world, faults of a user's own, and how tests wait."""

import contextlib
import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil
import pytest

from chaos.handles.http import call
from chaos.handles.topology import Topology, read_topology
from chaos.health import HealthCheck
from chaos.target_handles import Handles
from scenarios.run.live_window import LiveWindow, Second
from scenarios.run.outcomes import Outcome
from scenarios.run.records import FLAG_PULSE, MARK_DONE, SAMPLE, Records

HERE = Path(__file__).parent


def wait(until: Callable[[], object], what: str, deadline_s: float = 15.0) -> None:
    """Waits until something holds; fails with what was awaited."""
    end = time.monotonic() + deadline_s
    while not until():
        if time.monotonic() > end:
            pytest.fail(f"not within {deadline_s:g} s: {what}")
        time.sleep(0.02)


def children_running(module: str, parent: int | None = None) -> list[psutil.Process]:
    """The living children of a process, or of this one, that run a module; one that has just been started has no command line yet."""
    found = []
    for child in psutil.Process(parent).children():
        with contextlib.suppress(psutil.Error):  # it has ended meanwhile
            if child.status() != psutil.STATUS_ZOMBIE and module in child.cmdline():
                found.append(child)
    return found


@dataclass(frozen=True)
class StandIn:
    """A running stand-in world."""

    folder: Path
    url: str
    process: "subprocess.Popen[str]"

    @property
    def handles(self) -> Handles:
        """Its handles."""
        health = HealthCheck(url=f"{self.url}/state", healthy="$.healthy == true", reason="$.reason", writers="$.writers")
        return Handles(topology_file=self.folder / "topology.json", health=health)

    @property
    def topology(self) -> Topology:
        """Its parts."""
        return read_topology(self.folder / "topology.json")

    def state(self) -> dict[str, object]:
        """What its supervisor says."""
        found: dict[str, object] = json.loads(call("GET", f"{self.url}/state").body)
        return found

    def events(self) -> list[dict[str, object]]:
        """What its supervisor noticed."""
        found: list[dict[str, object]] = json.loads(call("GET", f"{self.url}/events").body)["events"]
        return found


NO_OP = '''
"""A fault that does nothing."""
from typing import ClassVar
from chaos.fault import FaultTarget, Fault
from chaos.health import ProbeResult

class NoOp(Fault):
    """Does nothing."""
    effect_s: ClassVar[float] = 0.3
    def find_target(self, handles): return FaultTarget(part="nothing")
    def inject(self, handles, target): pass
    def is_effective(self, handles, target): return ProbeResult(holds=False, evidence="nothing has changed")
    def undo(self, handles, target): pass
    def is_healed(self, handles, target): return ProbeResult(holds=True, evidence="nothing was broken")
'''

SCAR = '''
"""A fault that is undone and leaves the target unwell, or nobody to ask."""
from typing import ClassVar
from chaos.errors import OutOfReach
from chaos.fault import FaultTarget, Fault
from chaos.health import ProbeResult

class Scar(Fault):
    """Never heals."""
    heal_s: ClassVar[float] = 0.3
    silent: bool = False
    def find_target(self, handles): return FaultTarget(part="skin")
    def inject(self, handles, target): pass
    def is_effective(self, handles, target): return ProbeResult(holds=True, evidence="it is cut")
    def undo(self, handles, target): pass
    def is_healed(self, handles, target):
        if self.silent: raise OutOfReach("nobody answers")
        return ProbeResult(holds=False, evidence="two writers")
'''

WITNESS = '''
"""A fault that notes what lies on the disk when it is injected, and cannot be undone while a file is there."""
import json
from pathlib import Path
from chaos.fault import FaultTarget, Fault
from chaos.health import ProbeResult

class Witness(Fault):
    """Notes what it sees."""
    folder: Path
    number: int = 0
    def find_target(self, handles): return FaultTarget(part="witness", notes={"number": self.number})
    def inject(self, handles, target):
        seen = {str(p.relative_to(self.folder)): p.read_text() for p in self.folder.rglob("*.json*") if p.name != "seen.json"}
        (self.folder / "seen.json").write_text(json.dumps(seen))
    def is_effective(self, handles, target): return ProbeResult(holds=True, evidence="seen")
    def undo(self, handles, target):
        if (self.folder / "stubborn").exists(): raise RuntimeError("will not")
        with (self.folder / "undone").open("a") as file: file.write(f"{self.number}\\n")
    def is_healed(self, handles, target): return ProbeResult(holds=True, evidence="undone")
'''


def live_window(
    now_s: float,
    *,
    rate: Callable[[int], int] = lambda _: 60,
    pulse: Callable[[int], int] = lambda _: 40,
    failures: Callable[[int], int] = lambda _: 0,
    latency_ms: Callable[[int], float] = lambda _: 10.0,
    good: Outcome = Outcome.SUCCESS,
) -> LiveWindow:
    """Live figures of all seconds before now: customers per second, pulse per second, failures among the pulse's answers."""

    def second(number: int, more: int) -> Second:
        bad = min(failures(number), pulse(number))
        count = pulse(number) + more
        return Second(float(number), {good: count - bad, Outcome.FAILURE: bad}, (latency_ms(number),) * count)

    numbers = range(int(now_s))
    samples = np.concatenate(
        [pulse_samples(n + np.arange(pulse(n)) / max(1, pulse(n)), bad=failures(n), latency_ms=latency_ms(n), good=good) for n in numbers]
    )
    return LiveWindow(now_s, tuple(second(n, rate(n)) for n in numbers), tuple(second(n, 0) for n in numbers), {}, samples)


def pulse_samples(
    intended_s: "npt.NDArray[np.float64]", *, path: int = 0, bad: int = 0, latency_ms: float = 10.0, good: Outcome = Outcome.SUCCESS
) -> Records:
    """What the pulse asked of one path at these times; the first ones failed."""
    samples = np.zeros(len(intended_s), SAMPLE)
    samples["intended_ns"] = np.round(intended_s * 1e9)
    samples["service_us"] = round(latency_ms * 1000)
    samples["operation_index"], samples["flags"], samples["attempt"], samples["mark"] = path, FLAG_PULSE, 1, MARK_DONE
    samples["outcome"] = np.where(np.arange(len(samples)) < bad, Outcome.FAILURE, good)
    return samples
