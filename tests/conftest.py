"""For all tests: properties are judged by what they say, not by how fast this machine is; Ctrl-C is heard; the long ones begin first."""

import gc
import os
import shutil
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, settings
from leftovers import leave_nothing

gc.disable()  # until all tests are collected: what is imported stays

settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")

# A shell that runs the tests in the background has them ignore SIGINT, and whatever they start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

_MEMORY = Path("/dev/shm")  # noqa: S108 - what is made in it is this user's alone
_ROOM = 2 << 30


def _in_memory() -> Path | None:
    """A new folder for all that tests write, in memory where this system has room in it: each world alone writes two thousand files.

    What earlier runs have left there is removed.
    """
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK):
        return None
    for old in _MEMORY.glob(f"sd-{os.getuid()}-*"):
        if not psutil.pid_exists(int(old.name.rpartition("-")[2])):
            shutil.rmtree(old, ignore_errors=True)
    state = os.statvfs(_MEMORY)
    if state.f_flag & os.ST_NOEXEC or min(state.f_bavail * state.f_frsize, psutil.virtual_memory().available) < _ROOM:
        return None
    folder = _MEMORY / f"sd-{os.getuid()}-{os.getpid()}"  # short, because socket paths are bounded
    folder.mkdir()
    folder.chmod(0o755)  # databases of root run as another user
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    return folder


_FOLDER = _in_memory()
if "PYTEST_XDIST_WORKER" not in os.environ:
    leave_nothing(f"{os.getpid()}-{time.time_ns()}")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """All of it lies in that folder."""
    if _FOLDER and not config.option.basetemp:
        config.option.basetemp = str(_FOLDER / "t")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(exitstatus: int) -> None:
    """Where something failed, what it wrote stays until the next run."""
    if _FOLDER and not exitstatus:
        shutil.rmtree(_FOLDER, ignore_errors=True)


def pytest_collection_finish() -> None:
    """From here on there is something to collect."""
    gc.freeze()
    gc.enable()


_TURNS = {"rehearsals": 0, "foreign": 0, "locustfiles": 0, "test_extending.py": 0, "mock_bank": 0, "reports": 1, "chaos": 1, "fuzz": 1}
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
