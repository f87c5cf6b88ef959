"""For all tests: properties are judged by what they say, not by how fast this machine is; Ctrl-C is heard; the long ones begin first."""

import signal
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")

# A shell that runs the tests in the background has them ignore SIGINT, and whatever they start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

_TURNS = {"rehearsals": 0, "foreign": 0, "locustfiles": 0, "test_extending.py": 0, "mock_bank": 1, "reports": 1, "chaos": 1, "fuzz": 1}
"""Folders whose tests last long come first; those of one turn mingle, so that whole rehearsals run beside what mostly waits."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keeps together the tests that share what is made once for them: one process has them all."""
    if shared := _shared(item):
        item.add_marker(pytest.mark.xdist_group(shared))


def _shared(item: pytest.Item) -> str | None:
    """The file or folder that a fixture of this test is made for once."""
    fixtures = item._fixtureinfo.name2fixturedefs.values() if isinstance(item, pytest.Function) else ()
    return min((each.baseid for (*_, each) in fixtures if each.scope in {"module", "session"} and each.baseid), key=len, default=None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts tests into the order in which they begin."""
    rooms = [item.path.relative_to(item.config.rootpath / "tests").parts[0] for item in items]
    sizes, seen = Counter(rooms), Counter[str]()
    places: dict[pytest.Item, tuple[int, float]] = {}
    for item, room in zip(items, rooms, strict=True):
        places[item] = _TURNS.get(room, 2), seen[room] / sizes[room]
        seen[room] += 1
    items.sort(key=places.__getitem__)
