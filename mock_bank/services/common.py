"""The operations that both services have: health, proof, the OpenAPI document."""

import orjson
from pydantic import BaseModel, RootModel

from mock_bank.services import openapi
from mock_bank.services.api import Access, Operation, Reply, Request
from mock_bank.services.codes import Code
from mock_bank.services.config import NodeConfig


class Health(BaseModel):
    """The process is alive."""

    status: str


class Proof(BaseModel):
    """Which world this node belongs to."""

    nonce: str
    site: str
    name: str


class Document(RootModel[dict[str, object]]):
    """An OpenAPI document."""


def fixed(name: str, path: str, summary: str, reply: type[BaseModel], data: bytes) -> Operation:
    """An operation that always answers the same bytes, without an envelope."""
    answer = Reply(Code.OK, data, bare=True)

    async def handler(_request: Request) -> Reply:
        return answer

    return Operation(name, "GET", path, summary, handler, reply, (Code.OK,), access=Access.PUBLIC, bare=True)


def complete(config: NodeConfig, title: str, proof_path: str, own: list[Operation]) -> list[Operation]:
    """A service's own operations and those that every service has."""
    proof = orjson.dumps({"nonce": config.nonce, "site": config.site, "name": config.name})
    everything = [
        *own,
        fixed("health", "/health", "alive, without asking the database", Health, b'{"status":"up"}'),
        fixed("proof", proof_path, "which world this is", Proof, proof),
    ]
    description = fixed("openapi", "/openapi.json", "this document", Document, b"{}")
    data = openapi.document(title, [*everything, description])
    return [*everything, fixed("openapi", "/openapi.json", "this document", Document, data)]
