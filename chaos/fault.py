"""What a fault is: four methods over the handles of a target, and fields that are its configuration."""

from abc import abstractmethod
from typing import ClassVar

from chaos.handles.process import Process
from chaos.handles.topology import Kind
from chaos.health import Look
from chaos.target_handles import Reach
from scenarios.target.model import Strict


class Victim(Strict):
    """A process that a fault is aimed at."""

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


class Aim(Strict):
    """What exactly a fault will hit. Written into the lease before the injection, so that it can be undone by anybody later."""

    part: str = ""
    victims: tuple[Victim, ...] = ()
    marks: dict[str, str | float] = {}

    def __str__(self) -> str:
        """As it is told to people."""
        if not self.victims:
            return self.part
        more = len(self.victims) - 1
        return f"{self.victims[0]}{f' and {more} processes of its own' if more else ''}"


class Fault(Strict):
    """Something that breaks, with its configuration as its fields.

    All methods may raise ChaosError; none waits longer than a few seconds. `undo` may be called again at any time, also by another
    process after a crash, and also when `inject` got only half-way or never began.
    """

    effect_s: ClassVar[float] = 5.0  # by when the probe must have shown the effect
    heal_s: ClassVar[float] = 60.0  # by when health must be back after the undo

    @classmethod
    def kind(cls) -> str:
        """The fault's name: that of its file."""
        return cls.__module__.rpartition(".")[2].replace("_", "-")

    @abstractmethod
    def aim(self, reach: Reach) -> Aim:
        """Finds the target. Changes nothing. Raises NoTarget."""

    def hold(self, reach: Reach, lease_s: float) -> None:
        """Arranges what must be in place as long as the fault lives and ends by itself when it is not renewed in time."""

    @abstractmethod
    def inject(self, reach: Reach, aim: Aim) -> None:
        """Breaks it."""

    @abstractmethod
    def is_effective(self, reach: Reach, aim: Aim) -> Look:
        """Whether the fault's own probe shows that it is broken."""

    @abstractmethod
    def undo(self, reach: Reach, aim: Aim) -> None:
        """Takes it back."""

    def is_healed(self, reach: Reach, aim: Aim) -> Look:  # noqa: ARG002 - a fault that leaves a mark of its own looks at it
        """Whether nothing of it is left: by default, whether the target is whole."""
        return reach.whole()


class PartFault(Fault):
    """A fault of one part of the topology, with every process that the part has started."""

    part: Kind = "node"
    name: str = ""
    role: str = ""
    datacentre: str = ""

    def aim(self, reach: Reach) -> Aim:
        """The first living part that is as wanted; refuses a process that the world has not started."""
        topology = reach.world()
        part = topology.one(self.part, name=self.name, role=self.role, datacentre=self.datacentre)
        victims = (Victim(name=part.name, pid=process.pid, started=process.started) for process in topology.victims(part))
        return Aim(part=part.name, victims=tuple(victims))

    def hold(self, reach: Reach, lease_s: float) -> None:
        """Lets the supervisor bring no lost database back: rejoining erases the evidence of what was lost."""
        if self.part == "database":
            reach.supervisor().hold(lease_s)

    def bring_back(self, reach: Reach, aim: Aim) -> None:
        """Lets the owner bring the part back; it is never started as it was."""
        if self.part == "database":
            reach.supervisor().rejoin()
        elif self.part == "node":
            reach.supervisor().start_node(aim.part)
