"""A node that comes or goes by order, and goes or comes back afterwards."""

from typing import ClassVar

from chaos.errors import NoTarget
from chaos.fault import Fault, FaultTarget, Scope
from chaos.health import ProbeResult
from chaos.target_handles import Handles

_SERVING = {True: "serving", False: "out"}


class ScalingFault(Fault):
    """The world's supervisor is asked to have one node of the elastic service serve, or serve no more; then for the opposite."""

    effect_s: ClassVar[float] = 25.0  # a node that joins warms up first, and one that leaves finishes what it is at
    comes: ClassVar[bool]

    node: str

    def scope(self) -> Scope:
        """The node."""
        return Scope(kind="node", name=self.node)

    def check(self, handles: Handles) -> None:
        """There is such a node, or a place for it."""
        self._state(handles)

    def find_target(self, handles: Handles) -> FaultTarget:
        """The node. Refuses one that is as wanted already: undoing it would not be ours."""
        state = self._state(handles)
        if state != _SERVING[not self.comes]:
            raise NoTarget(f"the node {self.node} is {state}; it must be {_SERVING[not self.comes]} before")
        return FaultTarget(part=self.node)

    def inject(self, handles: Handles, target: FaultTarget) -> None:
        """Asks for it."""
        handles.supervisor().scale(target.part, out=self.comes)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - its field says which node
        """The supervisor says that it is so."""
        return self._is(handles, comes=self.comes)

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Asks for the opposite."""
        handles.supervisor().scale(target.part, out=not self.comes)

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - as is_effective
        """It is as before, and the target is whole."""
        return handles.besides_health(self._is(handles, comes=not self.comes))

    def _is(self, handles: Handles, *, comes: bool) -> ProbeResult:
        state = self._state(handles)
        return ProbeResult(holds=state == _SERVING[comes], evidence=f"the node {self.node} is {state}")

    def _state(self, handles: Handles) -> str:
        states = handles.supervisor().node_states()
        if self.node not in states:
            raise NoTarget(f"there is no node {self.node} that could come or go; there are: {', '.join(states) or 'none'}")
        return states[self.node]
