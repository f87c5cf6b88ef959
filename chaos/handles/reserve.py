"""A campaign's reserve, as its operators reach it: what each bucket has, and more for one of them."""

from dataclasses import dataclass
from typing import cast
from urllib.parse import quote

from pydantic import JsonValue

from chaos.errors import OutOfReach
from chaos.handles.handle import Handle
from chaos.handles.http import demand
from scenarios.target.responses import compile_path


@dataclass(frozen=True, slots=True)
class Reserve(Handle):
    """The campaign service's own address. Whoever looks or releases shows the operator's token."""

    url: str

    def probe(self) -> None:
        """Whether the service lives. Raises OutOfReach where it does not."""
        demand("GET", f"{self.url}/health")

    def bucket(self, operator: str, campaign: str, bucket: str) -> tuple[int, int]:
        """What is left of it and what was released into it, in fen. Raises OutOfReach where there is no such bucket, or no answer."""
        rows = compile_path("$.data.rows")(demand("GET", f"{self.url}/v1/ops/budgets", headers={"X-Operator-Token": operator}))
        for row in cast("list[dict[str, object]]", rows or []):
            if (row["campaign_id"], row["bucket"]) == (campaign, bucket):
                limit_fen, spent_fen, released_fen = (int(str(row[name])) for name in ("limit_fen", "spent_fen", "released_fen"))
                return limit_fen + released_fen - spent_fen, released_fen
        raise OutOfReach(f"{self.url}: there is no bucket {bucket!r} in {campaign!r}")

    def release(self, operator: str, key: str, campaign: str, bucket: str, amount_fen: int) -> None:
        """From the reserve into a bucket, once for each key. Raises OutOfReach where there is no answer, or a no."""
        body: dict[str, JsonValue] = {"bucket": bucket, "amount_fen": amount_fen, "actor": "drill", "reason": "drill"}
        headers = {"X-Operator-Token": operator, "Idempotency-Key": key}
        demand("POST", f"{self.url}/v1/ops/campaigns/{quote(campaign)}/budget/release", body, headers=headers)
