"""A customer's view of a link: open a connection through it, say a word, and time the first sign from the other end."""

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from chaos.errors import OutOfReach
from chaos.handles.http import check_loopback

# PostgreSQL answers its first eight bytes (an SSLRequest) with one byte; an HTTP server answers the whole with 400, hangs up, or wants the
# second. A server that speaks first does so at either.
WORDS = {"postgresql": bytes((0, 0, 0, 8, 4, 210, 22, 47)) + b"\r\n\r\n", "http": b"GET / HTTP/1.0\r\n\r\n"}

HEARD = frozenset({"answered", "closed"})  # what the other end did itself, in the orderly way

_EVERYWHERE = {"": ("127.0.0.1", "::1"), "0.0.0.0": ("127.0.0.1",), "::": ("127.0.0.1", "::1")}  # noqa: S104 - a listener's words
_TIMES = 3
_UNASKED_S = 0.2
_FIRST = next(iter(WORDS))
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Sign:
    """What came back, and after how long."""

    how: str  # "answered", "closed", "reset", "refused", "silent"
    after_ms: float


@dataclass(frozen=True, slots=True)
class Usual:
    """The word that a link's other end answers, or at least hangs up on (the first one, where it does neither), how, and after how long."""

    word: str
    sign: Sign

    @classmethod
    def noted(cls, notes: Mapping[str, str | float]) -> "Usual":
        """As `notes` wrote it; leases of older versions lack some of that."""
        return cls(str(notes.get("word", _FIRST)), Sign(str(notes.get("usual", _UNKNOWN)), float(notes.get("usual_ms", 0.0))))

    def notes(self) -> dict[str, str | float]:
        """For whoever probes the link later."""
        return {"word": self.word, "usual": self.sign.how, "usual_ms": self.sign.after_ms}

    def is_back(self, sign: Sign) -> bool:
        """Whether a sign is the usual one or better; where none was noted, whether there is somebody at all."""
        return sign.how != "refused" if self.sign.how == _UNKNOWN else sign.how in HEARD | {self.sign.how}


def probe(address: str, *, deadline_s: float, word: str | None = _FIRST) -> Sign:
    """One of `WORDS`, or none at all, through the link at `host:port`, as a listener writes it.

    Raises:
        OutOfReach: that is not on this machine.
    """
    hosts, port = _places(address)
    began = time.monotonic()
    how = "refused"
    for host in hosts:
        how = _ask(host, port, WORDS[word] if word else b"", deadline_s)
        if how != "refused":
            break
    return Sign(how, (time.monotonic() - began) * 1000)


def usual(address: str, *, deadline_s: float) -> Usual:
    """What the link's other end does while nothing is wrong; the time is a median of three, where it does anything. Raises as `probe`."""
    signs = {}
    for word in WORDS:
        signs[word] = probe(address, deadline_s=deadline_s, word=word)
        if signs[word].how == "answered":
            break
    word = next((word for how in ("answered", "closed") for word, sign in signs.items() if sign.how == how), _FIRST)
    first = signs[word]
    more = [probe(address, deadline_s=deadline_s, word=word) for _ in range(_TIMES - 1)] if first.how in HEARD else []
    return Usual(word, Sign(first.how, median(sign.after_ms for sign in [first, *more])))


def unasked(address: str, usually: Sign) -> Sign:
    """What the link's other end does where nothing is said, waited for as long as its usual sign may well take. Raises as `probe`."""
    return probe(address, deadline_s=max(_UNASKED_S, _TIMES * usually.after_ms / 1000), word=None)


def _places(address: str) -> tuple[tuple[str, ...], int]:
    """Where a listener at this address can be reached: at the loopback, where it listens everywhere."""
    host, _, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (port.isascii() and port.isdigit()):
        raise OutOfReach(f"the link listens at {address!r}, which is no host and port")
    hosts = _EVERYWHERE.get(host, (host,))
    for each in hosts:
        check_loopback(each)
    return hosts, int(port)


def _ask(host: str, port: int, word: bytes, deadline_s: float) -> str:
    try:
        with socket.create_connection((host, port), timeout=deadline_s) as link:
            link.sendall(word)
            return "answered" if link.recv(1) else "closed"
    except ConnectionRefusedError:
        return "refused"
    except TimeoutError:
        return "silent"
    except (OSError, OverflowError):
        return "reset"
