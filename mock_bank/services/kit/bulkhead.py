"""A bulkhead: so many at once are worked out at a node, whoever else asks is told so at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from mock_bank.services.kit.service_node import ServiceNode

AT_ONCE: Final = 4
"""Of a node's eight connections to the database half stay free for what is sold."""


class Bulkhead:
    """The few places of one node."""

    def __init__(self, _node: ServiceNode) -> None:
        """All free."""
        self.busy = 0

    @contextmanager
    def place(self) -> Iterator[bool]:
        """Whether there was one; it is given back at the end."""
        if self.busy >= AT_ONCE:
            yield False
            return
        self.busy += 1
        try:
            yield True
        finally:
            self.busy -= 1
