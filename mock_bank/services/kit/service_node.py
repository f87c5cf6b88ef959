"""What a handler has to work with on its node."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol, TypeVar, cast

from mock_bank.services.kit.config import NodeConfig
from mock_bank.services.kit.switches import Switch
from mock_bank.services.kit.tokens import Signer

T = TypeVar("T")


class Database(Protocol):
    """Runs statements."""

    async def row(self, statement: str, *arguments: object) -> Any:
        """The first row of one statement; None if there is none."""

    async def rows(self, statement: str, *arguments: object) -> list[Any]:
        """All rows of one statement."""


@dataclass(frozen=True)
class ServiceNode:
    """One node of a service: its configuration, its database, and what its features share."""

    config: NodeConfig
    database: Database
    alone: bool = False  # whether it must call nobody but its database
    _ones: dict[type, object] = field(default_factory=dict)

    @property
    def site(self) -> str:
        """The data centre that it stands in."""
        return self.config.site

    @cached_property
    def signer(self) -> Signer:
        """Signs and opens the tokens of this world."""
        return Signer(self.config.secret.encode())

    def one(self, kind: "type[T]") -> T:
        """The node's one instance of a class whose only argument is the node; made when it is first asked for."""
        if kind not in self._ones:
            self._ones[kind] = kind(self)  # type: ignore[call-arg]  # the promise above
        return cast("T", self._ones[kind])

    def on(self, switch: Switch) -> bool:
        """Whether this defect is switched on."""
        return switch.name in self.config.on

    def beside(self, database: Database) -> "ServiceNode":
        """A node like this one with another database, which shares nothing with it and calls nobody else."""
        return replace(self, database=database, alone=True, _ones={})
