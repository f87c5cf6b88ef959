"""Whether two machines would make the same crowd: the same Stormdrill, and the same journeys of the user's own."""

import ipaddress
import socket
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from scenarios.plugins import PROJECT, roots
from scenarios.run.folder import revision
from scenarios.run.seals import KEY_VARIABLE, seal
from scenarios.safe_reading import Unreadable, read_bounded
from scenarios.strict import Strict

_CROWD = ("locustfiles", "scenarios")
_SHOWN = 12
_MOST_BYTES = 1 << 26


class BuildFingerprint(Strict):
    """What a load process is made of."""

    version: str
    revision: str  # empty where it is no checkout
    sources: str  # digest of the project's own journeys, engine and nouns
    own: str  # digest of what the user's own folders add to the crowd
    key: str = ""  # tells one seal key from another; the key cannot be read from it

    @classmethod
    def ours(cls) -> "BuildFingerprint":
        """This process's."""
        own = [root for root in roots() if root != PROJECT]
        return cls(
            version=version("stormdrill"),
            revision=revision(),
            sources=digest([PROJECT / name for name in _CROWD]),
            own=digest([place for root in own for place in (root / "locustfiles", *sorted(root.glob("*.py")))]),
            key=seal(b"the key of a run"),
        )


def machine() -> str:
    """Tells machines apart: what is loopback on one is another place on the next."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return socket.gethostname()


def misplaced(pins: dict[str, list[str]], master: str) -> str:
    """Why a target with these addresses is not the master's one when it is loaded from here; empty where it is."""
    inside = [host for host, addresses in pins.items() if any(ipaddress.ip_address(address).is_loopback for address in addresses)]
    return (
        f"the target's {inside[0]} is on the master's own loopback, which is another place here" if inside and master != machine() else ""
    )


def digest(places: list[Path]) -> str:
    """Of files, and of all Python files of folders by their paths inside them; the order of the places counts."""
    whole = sha256()
    for number, place in enumerate(places):
        for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
            whole.update(f"{number}:{path.relative_to(place.parent).as_posix()}\0".encode())
            whole.update(sha256(_source(path)).digest())
    return whole.hexdigest()[:_SHOWN]


def _source(path: Path) -> bytes:
    """What a file of the user's holds; why not, where it cannot be read: nothing of it can run then, and it is told apart all the same."""
    try:
        return read_bounded(path, _MOST_BYTES)
    except Unreadable as error:
        return str(error).encode()


def difference(master: BuildFingerprint, worker: BuildFingerprint | None) -> str:
    """What makes a worker another than its master, in a sentence's part; empty where nothing does."""
    if worker is None:
        return "it does not say what it is made of"
    if worker.version != master.version:
        return f"its version is {worker.version or 'unknown'} and the master's {master.version}"
    if worker.revision and master.revision and worker.revision != master.revision:
        return f"its revision is {worker.revision} and the master's {master.revision}"
    unlike = {
        "its sources of the crowd differ from the master's": worker.sources != master.sources,
        "the journeys of its own folder (--path) differ from the master's": worker.own != master.own,
        f"its {KEY_VARIABLE} differs from the master's, so what it records would not be believed": worker.key != master.key,
    }
    return next((sentence for sentence, holds in unlike.items() if holds), "")
