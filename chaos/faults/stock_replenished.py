"""More of a prize comes in the middle of the sale."""

from uuid import uuid4

from pydantic import Field

from chaos.fault import Fault, FaultTarget, Scope
from chaos.handles.stock import Stock
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class StockReplenished(Fault):
    """A batch of one prize, ordered once under one key. What came stays: there is nothing to take back."""

    sku: str = Field(max_length=100)
    quantity: int = Field(ge=1, le=100_000)
    activity: str = Field(default="flash", max_length=100)
    batch: str = Field(default="batch-1", max_length=100)
    operator_secret: str = "STORMDRILL_OPERATOR_TOKEN"  # noqa: S105 - a secret's name

    def scope(self) -> Scope:
        """Its prize."""
        return Scope(kind="prize", name=self.sku)

    def find_target(self, handles: Handles) -> FaultTarget:
        """The prize, how many of it there were until now, and the order's key."""
        before = handles.handle(Stock).total(self.activity, self.sku)
        return FaultTarget(part=f"the stock of {self.sku}", notes={"before": before, "key": f"drill-{uuid4().hex}"})

    def inject(self, handles: Handles, target: FaultTarget) -> None:
        """Orders it."""
        token = handles.secret(self.operator_secret, "order any")
        handles.handle(Stock).replenish(token, str(target.notes["key"]), self.activity, self.sku, self.batch, self.quantity)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """The stock shows it."""
        more = handles.handle(Stock).total(self.activity, self.sku) - int(target.notes["before"])
        return ProbeResult(holds=more >= self.quantity, evidence=f"there are {more} more of {self.sku}")

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Nothing: what came stays."""

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - what came stays
        """Nothing is broken."""
        return ProbeResult(holds=True, evidence="what came stays")
