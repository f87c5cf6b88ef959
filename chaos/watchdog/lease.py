"""Leases: what is broken right now, by whom, until when, and how it is taken back. Written to disk before anything is broken.

A lease is data, never a command: a fault's name and fields, the handles, and processes by pid and start time. The folder is private.
"""

import os
import stat
import tempfile
import time
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from errno import EFBIG, EINVAL
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import TypeVar

from pydantic import Field, JsonValue, ValidationError

from chaos.errors import ChaosError, NoPlace
from chaos.fault import FaultTarget, Scope
from chaos.handles.process import Process, boot
from chaos.target_handles import Handles
from scenarios.strict import Strict


class Lease(Strict):
    """One active fault."""

    id: str = Field(pattern=r"^[\w-]{1,100}$")  # its file's name
    fault: str
    parameters: dict[str, JsonValue]
    drill: str = ""
    strike: str = ""
    starts_clock: bool = True  # whether the recovery clock of its drill starts with it
    handles: Handles
    target: FaultTarget
    scope: Scope | None = None  # the parts that it may hit; None: nobody knows, so any
    begun_ns: int  # CLOCK_MONOTONIC
    expires_ns: int  # CLOCK_MONOTONIC; the rehearsal must be heard of before
    late_until_ns: int = 0  # CLOCK_MONOTONIC; until then the injection may still be carried out, though it was taken back
    boot: str
    watchdog_pid: int
    watchdog_started: int
    door: tuple[int, int] | None = None  # pid and start time of the rehearsal
    world: tuple[int, int] | None = None  # pid and start time of the world's first process
    events: Path | None = None  # the run's folder of events
    t0_ns: int = 0
    trouble: str = ""  # why the undo failed

    @property
    def watchdog(self) -> Process:
        """The process that holds it."""
        return Process(self.watchdog_pid, self.watchdog_started)

    @property
    def watched(self) -> bool:
        """Whether its watchdog lives and will take it back."""
        return self.boot == boot() and self.watchdog.alive

    @property
    def of_living_rehearsal(self) -> bool:
        """Whether the rehearsal that asked for it goes on, with its watchdog."""
        return self.watched and (self.door is None or Process(*self.door).alive)

    @property
    def world_gone(self) -> bool:
        """Whether the world that it broke is not there any more, so that there is nothing to take back."""
        return self.world is not None and (self.boot != boot() or not Process(*self.world).alive)

    @property
    def may_come_late(self) -> bool:
        """Whether somebody may just be carrying out the injection: no answer has come to it, and it is not long ago."""
        return self.boot == boot() and time.monotonic_ns() < self.late_until_ns and not self.world_gone

    def may_share(self, other: "Lease") -> bool:
        """Whether both may hit one part of one target."""
        apart = self.scope and other.scope and not self.scope.overlaps(other.scope)
        return not apart and self._of_one_target(other)

    def _of_one_target(self, other: "Lease") -> bool:
        """Worlds are strangers to each other; so are other targets that have no address in common."""
        if self.world or other.world:
            return (self.boot, self.world) == (other.boot, other.world) and not other.world_gone
        mine, others = self.handles.places(), other.handles.places()
        return not (mine and others) or bool(mine & others)

    @property
    def valid_target(self) -> FaultTarget:
        """Its target, without the processes of an earlier boot: their pids mean nothing now."""
        return self.target if self.boot == boot() else self.target.model_copy(update={"processes": ()})


class Announcement(Strict):
    """What a process says of itself in the folder for as long as it lives."""

    boot: str

    @property
    @abstractmethod
    def alive(self) -> bool:
        """Whether whose it is lives."""


AnnouncementT = TypeVar("AnnouncementT", bound=Announcement)


class Watch(Announcement):
    """A watchdog that is at work, with a fault under a lease or without any yet."""

    watchdog: Process  # breaks and heals
    door: Process  # the rehearsal
    run: Path | None = None  # the run's folder

    @property
    def alive(self) -> bool:
        """Whether the watchdog does."""
        return self.watchdog.alive


_MOST_BYTES = 1_000_000
_LOOK_S = 0.01
_CLAIM_S = 5.0  # nobody has that lock for longer than it takes to write a lease


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file among the leases that is none."""

    path: Path
    reason: str


def default_folder() -> Path:
    """This user's leases. One place whatever the session, so that a later `heal` finds what an earlier run left."""
    return Path(tempfile.gettempdir()).resolve() / f"stormdrill-{os.getuid()}" / "leases"


def strangers(folder: Path) -> Path | None:
    """Whichever of a folder and the one above it is not of this user alone: a link, somebody else's, or open to others. Raises OSError."""
    for path, forbidden in ((folder.parent, 0o022), (folder, 0o077)):
        status = path.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & forbidden:
            return path
    return None


def files_of_mine(folder: Path, pattern: str) -> list[Path]:
    """What lies in a folder of this user's alone, by name; nothing where it is none, for others may have put it there to be believed."""
    try:
        return [] if strangers(folder) else sorted(folder.glob(pattern))
    except OSError:
        return []


def living(folder: Path, pattern: str, kind: type[AnnouncementT]) -> list[AnnouncementT]:
    """Announcements of those who live. What one has left that was killed is removed."""
    found = []
    for path in files_of_mine(folder, pattern):
        try:
            told = kind.model_validate_json(_bytes(path))
        except (OSError, ValidationError):
            continue
        if told.boot == boot() and told.alive:
            found.append(told)
        else:
            path.unlink(missing_ok=True)
    return found


class Leases:
    """A private folder of leases."""

    def __init__(self, folder: Path | None = None) -> None:
        """The user's own folder by default. It is made when first written to."""
        self.folder = folder or default_folder()

    def make(self) -> None:
        """Makes the folder, for its owner only.

        Raises:
            NoPlace: it cannot be made, belongs to someone else, or others may look into it.
        """
        try:
            self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise NoPlace(f"{self.folder}: cannot be made ({error.strerror}); remove what is in its way or set TMPDIR") from None
        if path := strangers(self.folder):
            raise NoPlace(f"{path}: must be a folder of your own that nobody else may write to; remove it or set TMPDIR")

    def save(self, lease: Lease) -> None:
        """Writes a lease, whole or not at all; it is on the disk when this returns."""
        self._write(self._path(lease.id), lease)
        self._sync()

    def claim(self, lease: Lease) -> None:
        """Saves a new lease, where no other watchdog's is of the same part; whoever else would does so before or after.

        Raises:
            ChaosError: there is such a lease, or this one cannot be written.
        """
        with self._alone("claim.lock", _CLAIM_S, "somebody else is just about to break something"):
            for other in self.all():
                if isinstance(other, Lease) and other.watchdog != lease.watchdog and lease.may_share(other):
                    raise ChaosError(_taken(other))
            try:
                self.save(lease)
            except OSError as error:
                for rest in (self._path(lease.id), self._path(lease.id).with_suffix(".part")):
                    with suppress(OSError):
                        rest.unlink(missing_ok=True)
                raise ChaosError(f"{self.folder}: the lease cannot be written ({error.strerror}), so nothing is broken") from None

    def _write(self, path: Path, what: Strict) -> None:
        part = path.with_suffix(".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(what.model_dump_json(indent=1).encode())
            file.flush()
            os.fsync(descriptor)
        part.replace(path)

    def remove(self, lease_id: str) -> None:
        """Forgets a lease; one that is not there is no error."""
        self._path(lease_id).unlink(missing_ok=True)
        self._sync()

    def all(self) -> list[Lease | Unreadable]:
        """All there are, the latest first, which is the order to undo them in."""
        found = [one for path in files_of_mine(self.folder, "*.json") if (one := _read(path)) is not None]
        return sorted(found, key=lambda one: one.begun_ns if isinstance(one, Lease) else 0, reverse=True)

    def has(self, lease_id: str) -> bool:
        """Whether it lies there."""
        return os.path.lexists(self._path(lease_id))

    def of(self, watchdog: Process) -> list[Lease]:
        """Those that a watchdog holds, or held, the latest first."""
        return [lease for lease in self.all() if isinstance(lease, Lease) and lease.watchdog == watchdog]

    def announce(self, watch: Watch) -> None:
        """Lets others know of a watchdog, so that `stormdrill stop` finds it."""
        self._write(self._watch(watch), watch)

    def withdraw(self, watch: Watch) -> None:
        """It is at work no more."""
        self._watch(watch).unlink(missing_ok=True)

    def watches(self) -> list[Watch]:
        """All watchdogs that live. What one has left that was killed is removed."""
        return living(self.folder, "*.watch", Watch)

    def _watch(self, watch: Watch) -> Path:
        return self.folder / f"{watch.watchdog.pid}-{watch.watchdog.started}.watch"

    def set_aside(self, path: Path) -> Path:
        """Moves what is no lease out of the way, unread, and gives where it is now. Raises OSError."""
        aside = self.folder / "unreadable"
        aside.mkdir(mode=0o700, exist_ok=True)
        number = 1
        while os.path.lexists(there := aside / f"{path.name}.{number}"):
            number += 1
        path.rename(there)
        return there

    def alone(self, within_s: float = 0.0) -> AbstractContextManager[None]:
        """Holds the folder against another healer. Raises ChaosError where there is one, and still is after that time."""
        return self._alone("heal.lock", within_s, "somebody else is healing just now")

    @contextmanager
    def _alone(self, lock: str, within_s: float, why_not: str) -> Iterator[None]:
        self.make()
        until = time.monotonic() + within_s
        try:
            descriptor = os.open(self.folder / lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
        except OSError as error:
            raise ChaosError(f"{self.folder / lock}: cannot be locked ({error.strerror}); remove it") from None
        try:
            while not _locked(descriptor):
                if time.monotonic() >= until:
                    raise ChaosError(f"{self.folder}: {why_not}")
                time.sleep(_LOOK_S)
            yield
        finally:
            os.close(descriptor)

    def _path(self, lease_id: str) -> Path:
        return self.folder / f"{lease_id}.json"

    def _sync(self) -> None:
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _taken(other: Lease) -> str:
    """Why nobody else may break what may be the same part."""
    if other.of_living_rehearsal:
        who = f"{other.fault} of {other.target}, watchdog pid {other.watchdog_pid}"
        return f"another rehearsal has broken the same part just now ({who}); wait for its end"
    return f"the same part is still broken from another rehearsal ({other.fault} of {other.target}); run: stormdrill heal"


def _locked(descriptor: int) -> bool:
    """Whether nobody else holds it, so that it is held from now on."""
    try:
        flock(descriptor, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(path: Path) -> Lease | Unreadable | None:
    """None where it has gone meanwhile: what it was for is healed."""
    try:
        lease = Lease.model_validate_json(_bytes(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        return Unreadable(path, f"cannot be read: {error.strerror or error}")
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        return Unreadable(path, f"is no lease: {'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}")
    if lease.id != path.stem:
        return Unreadable(path, f"is no lease: it is called {path.stem} and says that it is {lease.id}")
    return lease


def _bytes(path: Path) -> bytes:
    """A file's content, where it is one: neither a link nor a pipe is followed or waited for. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(EINVAL, "not a file")
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise OSError(EFBIG, "too large")
    return data
