"""Health and proof."""

import orjson
from pydantic import BaseModel

from mock_bank.services.kit import codes
from mock_bank.services.kit.operation import Access, Reply, Request, operation
from mock_bank.services.kit.service_node import ServiceNode


class Health(BaseModel):
    """The process is alive."""

    status: str


class Proof(BaseModel):
    """Which world this node belongs to."""

    nonce: str
    site: str
    name: str


@operation("health", "GET", "/health", Health, access=Access.PUBLIC, bare=True)
async def health(_node: ServiceNode, _request: Request) -> Reply:
    """Alive, without asking the database."""
    return Reply(codes.OK, b'{"status":"up"}', bare=True)


@operation("ready", "GET", "/ready", Health, access=Access.PUBLIC, bare=True)
async def ready(node: ServiceNode, _request: Request) -> Reply:
    """At work: the database has answered, by the way and through the queue that customers' requests take."""
    await node.database.row("SELECT 1")
    return Reply(codes.OK, b'{"status":"ready"}', bare=True)


@operation("proof", "GET", "proof", Proof, access=Access.PUBLIC, bare=True)
async def proof(node: ServiceNode, _request: Request) -> Reply:
    """Which world this is."""
    config = node.config
    return Reply(codes.OK, orjson.dumps({"nonce": config.nonce, "site": config.site, "name": config.name}), bare=True)
