"""What a fault is: five methods over the handles of a target, and fields that are its configuration."""

from abc import abstractmethod
from typing import ClassVar, get_args

from chaos.handles.process import Process
from chaos.handles.topology import Kind
from chaos.health import ProbeResult
from chaos.target_handles import Handles
from scenarios.strict import Strict

LATE_S = 30.0
"""So long an order that nobody has answered may still be carried out; handles wait for 3 to 8 s for an answer."""


class TargetProcess(Strict):
    """A process that a fault hits."""

    name: str
    pid: int
    started: int

    @property
    def process(self) -> Process:
        """The very process."""
        return Process(self.pid, self.started)

    def __str__(self) -> str:
        """As it is told to people."""
        return f"{self.name} (pid {self.pid})"


class FaultTarget(Strict):
    """What exactly a fault will hit. Written into the lease before the injection, so that it can be undone by anybody later."""

    part: str = ""
    processes: tuple[TargetProcess, ...] = ()
    notes: dict[str, str | float] = {}  # what undo and probes must know besides

    def living(self) -> list[Process]:
        """The processes that are still there, and all that the first of each part has started since, each once; those aimed at first."""
        aimed = [victim.process for victim in self.processes]
        heads = {victim.name: victim.process for victim in reversed(self.processes)}
        started = [process for head in heads.values() for process in head.tree()]
        return [process for process in dict.fromkeys(aimed + started) if process.alive]

    def __str__(self) -> str:
        """As it is told to people."""
        names = list(dict.fromkeys(process.name for process in self.processes))
        if not names:
            return self.part
        if self.part not in names:
            return f"{self.part}: {', '.join(names)}"
        more = len(self.processes) - 1
        return f"{self.processes[0]}{f' and {more} processes of its own' if more else ''}"


class Scope(Strict):
    """Which parts of a target a fault may hit, known without asking it. What is empty may be any."""

    kind: str  # node, database, gateway, centre (all of those), link, supplier; or a fault's own name
    name: str = ""
    role: str = ""
    datacentre: str = ""

    def overlaps(self, other: "Scope") -> bool:
        """Whether there may be one part that both hit."""
        if "centre" in (self.kind, other.kind):
            apart = self.datacentre and other.datacentre and self.datacentre != other.datacentre
            return {self.kind, other.kind} <= {"centre", *get_args(Kind)} and not apart
        mine, others = (self.name, self.role, self.datacentre), (other.name, other.role, other.datacentre)
        return self.kind == other.kind and all(not a or not b or a == b for a, b in zip(mine, others, strict=True))

    def __str__(self) -> str:
        """As it is told to people."""
        return " ".join(filter(None, (self.kind, self.name, self.role, self.datacentre and f"in {self.datacentre}")))


class Fault(Strict):
    """Something that breaks, with its configuration as its fields.

    All methods may raise ChaosError; none waits longer than a few seconds. `undo` may be called again at any time, also by another
    process after a crash, and also when `inject` got only half-way or never began.
    """

    effect_s: ClassVar[float] = 5.0  # by when the probe must have shown the effect
    heal_s: ClassVar[float] = 60.0  # by when health must be back after the undo
    late_s: ClassVar[float] = 0.0  # how long others may still carry out the injection, where the one who ordered it is killed meanwhile

    @classmethod
    def kind(cls) -> str:
        """The fault's name: that of its file."""
        return cls.__module__.rpartition(".")[2].replace("_", "-")

    def scope(self) -> Scope:
        """Which parts it may hit: strikes that may hit one part at one time are refused. By default any that its kind may."""
        return Scope(kind=self.kind())

    def check(self, handles: Handles) -> None:
        """Whether there is such a thing at all, as far as that can be asked before the load. Changes nothing. By default nobody is."""

    @abstractmethod
    def find_target(self, handles: Handles) -> FaultTarget:
        """Finds the target. Changes nothing. Raises NoTarget."""

    def hold(self, handles: Handles, lease_s: float) -> None:
        """Arranges what must be in place as long as the fault lives and ends by itself when it is not renewed in time."""

    @abstractmethod
    def inject(self, handles: Handles, target: FaultTarget) -> None:
        """Breaks it."""

    @abstractmethod
    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """Whether the fault's own probe shows that it is broken."""

    @abstractmethod
    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Takes it back."""

    def by_hand(self, target: FaultTarget) -> str:
        """What a person has to do where the undo fails: one sentence, without its full stop."""
        return f"mend {target} as its owner does"

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - a fault that leaves a mark of its own looks at it
        """Whether nothing of it is left: by default, whether the target is whole."""
        return handles.probe_health()


class PartFault(Fault):
    """A fault of one part of the topology, with every process that the part has started."""

    part: Kind = "node"
    name: str = ""
    role: str = ""
    datacentre: str = ""

    def scope(self) -> Scope:
        """Its parts. The roles of databases change hands: who is the standby now may lead by then."""
        role = "" if self.part == "database" else self.role
        return Scope(kind=self.part, name=self.name, role=role, datacentre=self.datacentre)

    def find_target(self, handles: Handles) -> FaultTarget:
        """The first living part that is as wanted; refuses a process that the world has not started."""
        topology = handles.topology()
        part = topology.one(self.part, name=self.name, role=self.role, datacentre=self.datacentre)
        processes = (TargetProcess(name=part.name, pid=process.pid, started=process.started) for process in topology.processes_of(part))
        return FaultTarget(part=part.name, processes=tuple(processes))

    def hold(self, handles: Handles, lease_s: float) -> None:
        """Lets the supervisor bring no lost database back: rejoining erases the evidence of what was lost."""
        if self.part == "database":
            handles.supervisor().hold(lease_s)

    def bring_back(self, handles: Handles, target: FaultTarget) -> None:
        """Lets the owner bring the part back; it is never started as it was."""
        if self.part == "database":
            handles.supervisor().rejoin()
        elif self.part == "node":
            handles.supervisor().start_node(target.part)
