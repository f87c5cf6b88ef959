"""Switches of defects: each is declared by the feature it belongs to, in its `switches.py`, and found by being there.

A rehearsal that finds nothing wrong is worth something only if it finds what is put there to be found. No world has a switch on
unless it was started for tests.
"""

from dataclasses import dataclass
from typing import Final

from mock_bank.services.kit.features import find, services

HIDDEN_READ_BACK: Final = "no_read_back"
"""A switch that belongs to a thing that all features have, as does the next one."""
ALL_ALIKE: Final = "all_alike"


@dataclass(frozen=True, slots=True)
class Switch:
    """A defect that can be switched on. SQL asks for it by `{schema}.switched_on('name')`, a handler by `node.on(SWITCH)`."""

    name: str
    defect: str


def switches() -> dict[str, Switch]:
    """Every switch of every feature, by name."""
    found = {switch.name: switch for service in services() for switch in find(service, Switch, "switches")}
    return dict(sorted(found.items()))
