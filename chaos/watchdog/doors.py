"""Doors: commands of this user that his other terminals may have to find, each for as long as it lives; and which were told to stop.

That one was told to stop lies on the disk, so that a watchdog finds it which is born afterwards, or is just about to break something:
whoever stops writes this and then looks for leases, whoever breaks writes his lease and then looks for this.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from chaos.errors import NoPlace
from chaos.handles.process import Process, boot, me
from chaos.watchdog.lease import Announcement, Leases, living
from scenarios.run.folder import write_whole

_TOLD = ".told"


class Door(Announcement):
    """A command that runs."""

    process: Process
    what: str  # as people call it
    run: Path | None = None  # its folder, where it has one

    @classmethod
    def mine(cls, what: str, run: Path | None = None) -> "Door":
        """This process."""
        return cls(process=me(), boot=boot(), what=what, run=run)

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.alive

    def __str__(self) -> str:
        """For people."""
        return f"{self.what} {self.run or self.process.pid}"


@contextmanager
def announced(door: Door, place: Path) -> Iterator[None]:
    """Lets others find it, until it is left.

    Raises:
        NoPlace: there is no private place to say so.
    """
    Leases(place.parent).make()
    try:
        write_whole(place, door.model_dump_json().encode())
    except OSError as error:
        raise NoPlace(f"{place}: cannot be written ({error.strerror}); make room, or set TMPDIR") from None
    try:
        yield
    finally:
        with suppress(OSError):
            place.unlink(missing_ok=True)


@contextmanager
def breaking_door(what: str, run: Path | None = None, *, folder: Path | None = None) -> Iterator[None]:
    """This process may break something until it is left: `stormdrill stop` finds it, though it has no watchdog yet or just now.

    Raises:
        NoPlace: there is no private place to say so.
    """
    mine, leases = Door.mine(what, run), Leases(folder).folder
    with announced(mine, leases / f"{_name(mine.process)}.door"):
        try:
            yield
        finally:
            with suppress(OSError):
                _told(mine.process, leases).unlink(missing_ok=True)


def breaking_doors(folder: Path) -> list[Door]:
    """All that may break something."""
    living(folder, f"*{_TOLD}", Door)  # forgets those that are gone
    return living(folder, "*.door", Door)


def tell_to_break_no_more(process: Process, folder: Path) -> None:
    """Says so to every watchdog that it has and will have. On a full disk nothing is said: there are signals too."""
    with suppress(OSError):
        write_whole(_told(process, folder), Door(process=process, boot=boot(), what="told to stop").model_dump_json().encode())


def is_to_break_no_more(process: Process, folder: Path) -> bool:
    """Whether it was told so."""
    return _told(process, folder).exists()


def _told(process: Process, folder: Path) -> Path:
    return folder / f"{_name(process)}{_TOLD}"


def _name(process: Process) -> str:
    return f"{process.pid}-{process.started}"
