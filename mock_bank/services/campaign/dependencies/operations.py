"""The state of this node's circuit breakers."""

from dataclasses import asdict
from typing import Final, Literal

from pydantic import BaseModel

from mock_bank.services.campaign.dependencies.dependencies import Dependencies
from mock_bank.services.kit.operation import Access, Reply, Request, ok, operation
from mock_bank.services.kit.service_node import ServiceNode

State = Literal["closed", "open", "half_open"]
_MOST_DIGITS: Final = 19


class BreakerChange(BaseModel):
    """A breaker went from one state to another."""

    seq: int
    monotonic_ns: int
    old: State
    new: State
    probes: int


class Breaker(BaseModel):
    """One breaker as it is now, and what came of its calls since the node started."""

    dependency: str
    state: State
    in_window: int
    failed_in_window: int
    slow_in_window: int
    under_way: int
    called: int
    failed: int
    refused_open: int
    refused_full: int
    changes: list[BreakerChange]


class BreakersReply(BaseModel):
    """All breakers of this node. No two nodes share one."""

    node: str
    breakers: list[Breaker]


@operation(
    "breakers.get",
    "GET",
    "/v1/ops/breakers",
    BreakersReply,
    query={"since": "only changes after this time, in ns of the machine's monotonic clock; all that are kept if not said"},
    access=Access.OPERATOR,
)
async def breakers(node: ServiceNode, request: Request) -> Reply:
    """The state of this node's circuit breakers."""
    since_ns = request.number("since", _MOST_DIGITS, "a time in ns")
    told = [
        asdict(one.standing()) | {"changes": [asdict(change) for change in one.changes if change.monotonic_ns > since_ns]}
        for one in node.one(Dependencies).all()
    ]
    return ok({"node": node.config.name, "breakers": told})
