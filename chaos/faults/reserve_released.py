"""A bucket of the budget gets more out of the reserve, once it has run dry."""

from uuid import uuid4

from pydantic import Field

from chaos.fault import Fault, FaultTarget, Scope
from chaos.handles.reserve import Reserve
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class ReserveReleased(Fault):
    """A release by an operator, under one key and sent twice, as by somebody whose answer was lost. It stays: nothing is taken back."""

    bucket: str = Field(max_length=100)
    amount_fen: int = Field(ge=1, le=1_000_000_000)
    campaign: str = Field(default="spring", max_length=100)
    operator_secret: str = "STORMDRILL_OPERATOR_TOKEN"  # noqa: S105 - a secret's name

    def scope(self) -> Scope:
        """Its bucket."""
        return Scope(kind="bucket", name=self.bucket)

    def find_target(self, handles: Handles) -> FaultTarget:
        """The bucket, what was released into it until now, and the release's key."""
        left_fen, before_fen = handles.handle(Reserve).bucket(self._operator(handles), self.campaign, self.bucket)
        notes: dict[str, str | float] = {"before": before_fen, "left": left_fen, "key": f"drill-{uuid4().hex}"}
        return FaultTarget(part=f"the bucket {self.bucket}, with {left_fen} fen left", notes=notes)

    def inject(self, handles: Handles, target: FaultTarget) -> None:
        """Releases it, and asks for it again."""
        reserve, operator = handles.handle(Reserve), self._operator(handles)
        for _ in range(2):
            reserve.release(operator, str(target.notes["key"]), self.campaign, self.bucket, self.amount_fen)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """The bucket shows it."""
        _, released_fen = handles.handle(Reserve).bucket(self._operator(handles), self.campaign, self.bucket)
        more_fen = released_fen - int(target.notes["before"])
        return ProbeResult(holds=more_fen >= self.amount_fen, evidence=f"{self.bucket} has {more_fen} fen more")

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Nothing: what was released stays."""

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - what was released stays
        """Nothing is broken."""
        return ProbeResult(holds=True, evidence="what was released stays")

    def _operator(self, handles: Handles) -> str:
        return handles.secret(self.operator_secret, "release anything")
