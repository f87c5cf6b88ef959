"""How full this node is, and how much it is to do at once."""

import time

from pydantic import BaseModel

from mock_bank.services.kit.capacity import Capacity
from mock_bank.services.kit.config import CapacityLimits
from mock_bank.services.kit.operation import Access, Body, Reply, Request, ok, operation
from mock_bank.services.kit.service_node import ServiceNode


class LimitsBody(CapacityLimits, Body):
    """What it is to serve at once; what is not said is as by default."""


class LoadReply(BaseModel):
    """Of two readings, the differences by the time between are means: places held, operations waiting, done and shed."""

    node: str
    monotonic_ns: int
    at_once: int
    queue: int
    hold_ms: float
    busy: int
    queued: int
    busy_s: float
    queued_s: float
    done: int
    shed: int


@operation("load.get", "GET", "ops/load", LoadReply, access=Access.OPERATOR)
async def load(node: ServiceNode, _request: Request) -> Reply:
    """How full this node is, and how much it does at once."""
    return ok(_load(node))


@operation("capacity.set", "PUT", "ops/capacity", LoadReply, body=LimitsBody, access=Access.OPERATOR)
async def set_capacity(node: ServiceNode, request: Request) -> Reply:
    """How much this node does at once, from now on until it ends."""
    node.one(Capacity).set(CapacityLimits(**request.body.model_dump()))
    return ok(_load(node))


def _load(node: ServiceNode) -> dict[str, object]:
    capacity = node.one(Capacity)
    busy_s, queued_s = capacity.used_s()
    return {
        "node": node.config.name,
        "monotonic_ns": time.monotonic_ns(),
        "busy": capacity.busy,
        "queued": capacity.queued,
        "busy_s": busy_s,
        "queued_s": queued_s,
        "done": capacity.done,
        "shed": capacity.shed,
        **capacity.limits.model_dump(),
    }
