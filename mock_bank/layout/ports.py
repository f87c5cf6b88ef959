"""Addresses for the parts: centres by address where the system lets them be bound, ports that nobody uses."""

import random
import socket
from contextlib import ExitStack
from pathlib import Path

from mock_bank.errors import WorldError

LOOPBACK = "127.0.0.1"
_CENTRES = {"A": "127.0.1.1", "B": "127.0.2.1"}
_FIRST, _LAST = 15_000, 32_000
_TRIES = 2_000


def centre_hosts() -> dict[str, str]:
    """The address of each data centre: its own on Linux, where all of 127/8 is local; the common loopback elsewhere."""
    for host in _CENTRES.values():
        with socket.socket() as probe:
            try:
                probe.bind((host, 0))
            except OSError:
                return dict.fromkeys(_CENTRES, LOOPBACK)
    return dict(_CENTRES)


def free_ports(count: int) -> list[int]:
    """Distinct ports that are free on every address, below those that the system hands to outgoing connections.

    A part that is dead for a while must find its port free again, and a client that calls a dead port of the ephemeral range may
    connect to itself.

    Raises:
        WorldError: there are not enough.
    """
    last = min(_LAST, _first_ephemeral() - 1)
    with ExitStack() as held:
        found: list[int] = []
        for _ in range(_TRIES):
            if len(found) == count:
                return found
            port = random.randint(_FIRST, max(last, _FIRST + count))  # noqa: S311 - so that two worlds seldom try the same
            probe = held.enter_context(socket.socket())
            try:
                probe.bind(("", port))
            except OSError:
                continue
            found.append(port)
    raise WorldError(f"no {count} free ports between {_FIRST} and {last}")


def _first_ephemeral() -> int:
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError):
        return _LAST + 1
