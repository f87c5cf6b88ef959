"""The world's autoscaler, with nodes of so little capacity that it has something to do."""

from typing import ClassVar

from pydantic import Field

from chaos.fault import Fault, FaultTarget, Scope
from chaos.handles.supervisor import Supervisor
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class Autoscaling(Fault):
    """Each node of the elastic service serves so much at once and no more, and the autoscaler is on; afterwards all is as before.

    A node's capacity is `at_once` operations every `hold_ms`. Where that is too little for the load, more nodes are the only cure.
    """

    heal_s: ClassVar[float] = 90.0  # what it has added is drained, one after another

    at_once: int = Field(default=8, ge=1, le=100_000)
    queue: int = Field(default=16, ge=0, le=100_000)
    hold_ms: float = Field(default=100.0, ge=0, le=10_000)

    @property
    def _limits(self) -> dict[str, float]:
        return {"at_once": float(self.at_once), "queue": float(self.queue), "hold_ms": self.hold_ms}

    def scope(self) -> Scope:
        """There is one autoscaler."""
        return Scope(kind="autoscaler")

    def check(self, handles: Handles) -> None:
        """There is one."""
        handles.supervisor().autoscaler()

    def find_target(self, handles: Handles) -> FaultTarget:
        """How it is before."""
        supervisor = handles.supervisor()
        on, limits = supervisor.autoscaler()
        return FaultTarget(part="autoscaler", notes={"on": float(on), "nodes": " ".join(_there(supervisor))} | limits)

    def inject(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - its fields say all
        """Turns it."""
        handles.supervisor().turn_autoscaler(on=True, limits=self._limits)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - as inject
        """It says that it is so."""
        on, limits = handles.supervisor().autoscaler()
        return ProbeResult(holds=on and limits == self._limits, evidence=f"the autoscaler is {'on' if on else 'off'}, limits {limits}")

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """As before, after which the nodes that it has added leave again."""
        supervisor, notes = handles.supervisor(), dict(target.notes)
        on, before = bool(notes.pop("on")), str(notes.pop("nodes")).split()
        supervisor.turn_autoscaler(on=on, limits={name: float(value) for name, value in notes.items()})
        for node in _there(supervisor):
            if node not in before:
                supervisor.scale(node, out=False)

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """As many nodes as before serve, and the target is whole."""
        supervisor = handles.supervisor()
        on, there = supervisor.autoscaler()[0], " ".join(_there(supervisor))
        whole = on == bool(target.notes["on"]) and (on or there == target.notes["nodes"])
        return handles.besides_health(ProbeResult(holds=whole, evidence=f"the autoscaler is {'on' if on else 'off'}, there are {there}"))


def _there(supervisor: Supervisor) -> list[str]:
    """Nodes that serve, or are about to."""
    return [node for node, state in supervisor.node_states().items() if state != "out"]
