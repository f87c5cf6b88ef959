"""A supplier that errs, is slow or silent, or does things twice, out of order or without a word."""

from typing import Literal

from pydantic import Field, model_validator

from chaos.errors import NoTarget
from chaos.fault import Fault, FaultTarget, Scope
from chaos.health import ProbeResult
from chaos.target_handles import Handles

_PATIENCE_S = 0.3
_ERROR = 500


class SupplierDial(Fault):
    """One dial of one of the embedded world's suppliers, turned; shown by a question of our own where a question can show it."""

    supplier: Literal["voucher", "sms", "biller", "risk", "executives", "sentiment", "complaints"]
    dial: Literal["latency_ms", "errors", "even_errors", "blackhole", "unanswered", "duplicates", "out_of_order", "unacknowledged"]
    value: float = Field(gt=0, description="a share of the calls, or milliseconds")

    @model_validator(mode="after")
    def _value_fits(self) -> "SupplierDial":
        most = 10_000 if self.dial == "latency_ms" else 1
        if self.value > most:
            raise ValueError(f"{self.dial} {self.value:g} must be at most {most}")
        return self

    def scope(self) -> Scope:
        """Its supplier."""
        return Scope(kind="supplier", name=self.supplier)

    def find_target(self, handles: Handles) -> FaultTarget:
        """The dial. Refuses one that is not at rest: putting it to rest would not be ours."""
        stands = handles.suppliers().dial(self.supplier, self.dial)
        if stands:
            raise NoTarget(f"the dial {self.dial} of {self.supplier} stands at {stands:g} already")
        return FaultTarget(part=f"{self.supplier}, {self.dial}")

    def inject(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - its fields say all
        """Turns it."""
        handles.suppliers().turn(self.supplier, self.dial, self.value)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - as inject
        """A question of ours meets it; of what no question can show without doing something, the dial itself tells."""
        suppliers = handles.suppliers()
        if self.dial in ("even_errors", "duplicates", "out_of_order", "unacknowledged"):
            stands = suppliers.dial(self.supplier, self.dial)
            return ProbeResult(holds=stands == self.value, evidence=f"the dial {self.dial} of {self.supplier} stands at {stands:g}")
        answer = suppliers.ask(self.supplier, deadline_s=_PATIENCE_S + (self.value / 1000 if self.dial == "latency_ms" else 0))
        seen = {
            "latency_ms": answer.after_ms >= 0.9 * self.value,
            "errors": answer.status == _ERROR,
        }.get(self.dial, answer.status is None)
        return ProbeResult(holds=seen, evidence=f"a question to {self.supplier}: {answer}")

    def undo(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - as inject
        """Puts it to rest."""
        handles.suppliers().turn(self.supplier, self.dial, None)

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - as inject
        """The dial is at rest; others of this supplier may be turned still, by others."""
        stands = handles.suppliers().dial(self.supplier, self.dial)
        return ProbeResult(holds=not stands, evidence=f"the dial {self.dial} of {self.supplier} stands at {stands:g}")
