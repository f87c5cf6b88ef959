"""A customer's view of a link: open a connection through it, say a word, and time the first sign from the other end."""

import socket
import time
from dataclasses import dataclass
from statistics import median

from chaos.handles.http import check_loopback

# PostgreSQL answers its first eight bytes (an SSLRequest) with one byte; an HTTP server answers the whole with 400 or hangs up.
_WORD = bytes((0, 0, 0, 8, 4, 210, 22, 47)) + b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Sign:
    """What came back, and after how long."""

    how: str  # "answered", "closed", "reset", "refused", "silent"
    after_ms: float


def probe(address: str, *, deadline_s: float) -> Sign:
    """One word through the link at `host:port`. Raises OutOfReach where that is not on this machine."""
    host, _, port = address.rpartition(":")
    check_loopback(host)
    began = time.monotonic()
    how = _ask(host, int(port), deadline_s)
    return Sign(how, (time.monotonic() - began) * 1000)


def _ask(host: str, port: int, deadline_s: float) -> str:
    try:
        with socket.create_connection((host, port), timeout=deadline_s) as link:
            link.sendall(_WORD)
            return "answered" if link.recv(1) else "closed"
    except ConnectionRefusedError:
        return "refused"
    except TimeoutError:
        return "silent"
    except OSError:
        return "reset"


def usual_ms(address: str, *, times: int = 3, deadline_s: float = 1.0) -> float:
    """Median time to the first sign."""
    return median(probe(address, deadline_s=deadline_s).after_ms for _ in range(times))
