"""What the tests of this folder share."""

from collections.abc import Iterator

import pytest
from services_world import World, worlds


@pytest.fixture(scope="session")
def services() -> Iterator[World]:
    """A PostgreSQL of our own with two bank nodes and two campaign nodes; made once, so tests use people and campaigns of their own."""
    yield from worlds()
