"""Observed drills that are under way, so that other terminals of the user who share a TMPDIR find them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chaos.watchdog.doors import Door, announced
from chaos.watchdog.lease import default_folder, living
from scenarios.run.folder import Run


def _folder() -> Path:
    return default_folder().parent / "observed"


@contextmanager
def known(run: Run) -> Iterator[None]:
    """Lets others find it, until it is left.

    Raises:
        ChaosError: there is no private place to say so.
    """
    mine = Door.mine("observed drill", run.folder)
    with announced(mine, _folder() / f"{mine.process.pid}-{mine.process.started}-{run.identity}.json"):
        yield


def under_way() -> list[Run]:
    """Those of this user whose process lives. What one has left that was killed is removed."""
    return [Run(door.run) for door in living(_folder(), "*.json", Door) if door.run]
