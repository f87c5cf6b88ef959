"""The stock of a campaign's prizes, as its operators reach it: what there is, and more of it."""

from dataclasses import dataclass
from typing import cast
from urllib.parse import quote

from pydantic import JsonValue

from chaos.errors import OutOfReach
from chaos.handles.handle import Handle
from chaos.handles.http import demand
from scenarios.target.responses import compile_path


@dataclass(frozen=True, slots=True)
class Stock(Handle):
    """The campaign service's own address. Whoever adds stock shows the operator's token."""

    url: str

    def probe(self) -> None:
        """Whether the service lives. Raises OutOfReach where it does not."""
        demand("GET", f"{self.url}/health")

    def total(self, activity: str, sku: str) -> int:
        """How many of a prize there were and came since. Raises OutOfReach where there is no such prize, or no answer."""
        rows = compile_path("$.data.skus")(demand("GET", f"{self.url}/v1/activities/{quote(activity)}/stock"))
        found = [int(str(row["total"])) for row in cast("list[dict[str, object]]", rows or []) if row.get("sku") == sku]
        if not found:
            raise OutOfReach(f"{self.url}: there is no prize {sku!r} in {activity!r}")
        return sum(found)

    def replenish(self, operator: str, key: str, activity: str, sku: str, batch: str, quantity: int) -> None:
        """Adds so many, once for each key. Raises OutOfReach where there is no answer, or a no."""
        body: dict[str, JsonValue] = {
            "activity_id": activity,
            "sku": sku,
            "batch": batch,
            "quantity": quantity,
            "actor": "drill",
            "reason": "drill",
        }
        headers = {"X-Operator-Token": operator, "Idempotency-Key": key}
        demand("POST", f"{self.url}/v1/ops/stock/replenish", body | {"actor": "drill", "reason": "drill"}, headers=headers)
