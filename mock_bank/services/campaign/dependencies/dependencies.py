"""A node's dependencies, each behind its own breaker and bulkhead."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mock_bank.services.kit.breaker_memory import BreakerMemory
from mock_bank.services.kit.circuit_breaker import BreakerPolicy, Dependency
from mock_bank.services.kit.service_node import ServiceNode

SUPPLIER: Final = BreakerPolicy(
    window_calls=40, minimum_calls=20, failure_rate=0.5, slow_after_s=0.5, slow_rate=0.8, wait_open_s=2.0, probes=5, at_once=64
)
BANK: Final = BreakerPolicy(
    window_calls=10, minimum_calls=5, failure_rate=0.5, slow_after_s=0.5, slow_rate=0.8, wait_open_s=2.0, probes=2, at_once=16
)
"""Called by batches, a few a second: of so few calls few must tell."""

POLICIES: Final[Mapping[str, BreakerPolicy]] = MappingProxyType(
    {
        "bank": BANK,
        "biller": SUPPLIER,
        "depot": SUPPLIER,
        "depot-backup": SUPPLIER,
        "risk": SUPPLIER,
        "sms": SUPPLIER,
        "voucher": SUPPLIER,
    }
)


class Dependencies:
    """Of one node; no two nodes share a breaker."""

    def __init__(self, node: ServiceNode) -> None:
        """As the process before this one left them."""
        memory = BreakerMemory(None if node.alone else node.config.breakers_file)
        self._by_name = {name: Dependency(name, policy, memory=memory) for name, policy in POLICIES.items()}

    def __getitem__(self, name: str) -> Dependency:
        """The one of that name."""
        return self._by_name[name]

    def all(self) -> tuple[Dependency, ...]:
        """Each."""
        return tuple(self._by_name.values())
