"""Observed drills that are under way, so that other terminals of the user who share a TMPDIR find them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from chaos.handles.process import Process, boot, me
from chaos.watchdog.lease import Leases, default_folder, files_of_mine
from scenarios.run.folder import Run, write_whole
from scenarios.safe_reading import Unreadable, read_bounded
from scenarios.strict import Strict

_MOST_BYTES = 1 << 16


class UnderWay(Strict):
    """A run, and whose it is."""

    door: Process
    boot: str
    run: Path


def _folder() -> Path:
    return default_folder().parent / "observed"


@contextmanager
def known(run: Run) -> Iterator[None]:
    """Lets others find it, until it is left.

    Raises:
        ChaosError: there is no private place to say so.
    """
    folder, door = _folder(), me()
    Leases(folder).make()
    place = folder / f"{door.pid}-{door.started}-{run.identity}.json"
    write_whole(place, UnderWay(door=door, boot=boot(), run=run.folder).model_dump_json().encode())
    try:
        yield
    finally:
        place.unlink(missing_ok=True)


def under_way() -> list[Run]:
    """Those of this user whose process lives. What one has left that was killed is removed."""
    found = []
    for path in files_of_mine(_folder(), "*.json"):
        try:
            told = UnderWay.model_validate_json(read_bounded(path, _MOST_BYTES))
        except (Unreadable, ValidationError):
            continue
        if told.boot == boot() and told.door.alive:
            found.append(Run(told.run))
        else:
            path.unlink(missing_ok=True)
    return found
