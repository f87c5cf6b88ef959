"""A fault that is a switch of somebody else's."""

from abc import abstractmethod
from typing import ClassVar

from chaos.errors import NoTarget
from chaos.fault import LATE_S, Fault, FaultTarget, Scope
from chaos.handles.switch import Switches, SwitchState
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class SwitchFault(Fault):
    """One switch, by its name. The lease has no more than that: how it is turned is known where it is reached."""

    called: ClassVar[str]  # what such a switch is called
    late_s: ClassVar[float] = LATE_S

    switch: str

    @abstractmethod
    def switches(self, handles: Handles) -> Switches:
        """Where it is. Raises ChaosError."""

    def scope(self) -> Scope:
        """Its switch."""
        return Scope(kind=self.called, name=self.switch)

    def check(self, handles: Handles) -> None:
        """There is one, which can be asked."""
        self.switches(handles).state(self.switch)

    def find_target(self, handles: Handles) -> FaultTarget:
        """The switch. Refuses one that does not say that it is whole: undoing it would not be ours."""
        state = self.switches(handles).state(self.switch)
        if state is not SwitchState.WHOLE:
            raise NoTarget(f"the {self.called} {self.switch} is {state} before it is touched")
        return FaultTarget(part=self.switch)

    def inject(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - the switch's name is all it takes
        """Has it broken."""
        self.switches(handles).inject(self.switch)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - as inject
        """It says that it is broken."""
        return self._stands(handles, SwitchState.BROKEN)

    def undo(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - as inject
        """Has it mended."""
        self.switches(handles).undo(self.switch)

    def by_hand(self, target: FaultTarget) -> str:  # noqa: ARG002 - as inject
        """Turn it back."""
        return f"do what the undo of the {self.called} {self.switch} is to do"

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - as inject
        """It says that it is whole, and so does the target's health where it has one."""
        return handles.besides_health(self._stands(handles, SwitchState.WHOLE))

    def _stands(self, handles: Handles, wanted: SwitchState) -> ProbeResult:
        state = self.switches(handles).state(self.switch)
        return ProbeResult(holds=state is wanted, evidence=f"the {self.called} {self.switch} is {state}")
