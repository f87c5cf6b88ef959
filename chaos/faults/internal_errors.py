"""The core bank answers what the world's other services ask of it by an error."""

from typing import Literal

from chaos.errors import NoTarget
from chaos.fault import Fault, FaultTarget, Scope
from chaos.handles.internal_calls import InternalCalls
from chaos.health import ProbeResult
from chaos.target_handles import Handles

_ERROR = 500


class InternalErrors(Fault):
    """Every internal call is answered by HTTP 500, at every node, and nothing is done for it; shown by a call of our own."""

    supplier: Literal["bank"] = "bank"  # toward whom a caller has its breaker
    operator_secret: str = "STORMDRILL_OPERATOR_TOKEN"  # noqa: S105 - a secret's name

    def scope(self) -> Scope:
        """The bank's dial."""
        return Scope(kind="supplier", name=self.supplier)

    def find_target(self, handles: Handles) -> FaultTarget:
        """The dial. Refuses one that is not at rest: putting it to rest would not be ours."""
        if stands := handles.handle(InternalCalls).errors(self._operator(handles)):
            raise NoTarget(f"{stands:.0%} of the bank's internal calls are answered by an error already")
        return FaultTarget(part="the bank's internal calls")

    def inject(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - there is one dial
        """Turns it."""
        handles.handle(InternalCalls).turn(self._operator(handles), 1.0)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - as inject
        """A call of our own is answered so."""
        status = handles.handle(InternalCalls).ask(self._operator(handles))
        return ProbeResult(holds=status == _ERROR, evidence=f"an internal call of the bank: {status}")

    def undo(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - as inject
        """Puts it to rest."""
        handles.handle(InternalCalls).turn(self._operator(handles), 0.0)

    def by_hand(self, target: FaultTarget) -> str:  # noqa: ARG002 - as inject
        """Put it to rest."""
        return 'put the dial to rest at the bank: PUT /bank/v1/ops/internal-errors {"share": 0}'

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - as inject
        """A call of our own is answered well."""
        status = handles.handle(InternalCalls).ask(self._operator(handles))
        return ProbeResult(holds=status < 300, evidence=f"an internal call of the bank: {status}")  # noqa: PLR2004 - HTTP's own

    def _operator(self, handles: Handles) -> str:
        return handles.secret(self.operator_secret, "turn the bank's dial")
