"""Addresses for the parts: centres by address where the system lets them be bound, ports that nobody uses."""

import random
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from mock_bank.errors import WorldError

LOOPBACK = "127.0.0.1"
_CENTRES = {"A": "127.0.1.1", "B": "127.0.2.1"}
_FIRST, _SINGLE, _LAST = 15_000, 28_000, 32_000
_BLOCK = 48
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


class PortClaim:
    """Ports of a world's own: no other world takes them while this is held, also where one of its parts is dead for a while.

    The range is cut into blocks; whoever has bound the first port of a block has the others. It ends with its process at the latest.
    """

    def __init__(self, guard: socket.socket) -> None:
        """Of the block whose first port that socket has bound."""
        self._guard = guard

    @classmethod
    def new(cls) -> "PortClaim":
        """Of a block whose ports are all free on every address.

        Raises:
            WorldError: there is none.
        """
        blocks = list(range(_FIRST, _SINGLE - _BLOCK, _BLOCK))
        random.shuffle(blocks)  # so that two worlds seldom try the same
        for first in blocks:
            if guard := _bound(first):
                claim = cls(guard)
                if all(map(_is_free, claim.ports)):
                    return claim
                claim.close()
        raise WorldError(f"no {_BLOCK} free ports in a row between {_FIRST} and {_SINGLE}")

    @classmethod
    def again(cls, ports: list[int]) -> "PortClaim | None":
        """Of the block of a world that is taken over; None where somebody else has bound its first port meanwhile."""
        guard = _bound(_FIRST + (ports[0] - _FIRST) // _BLOCK * _BLOCK)
        return cls(guard) if guard else None

    @property
    def ports(self) -> list[int]:
        """All that it is of, 47."""
        first = int(self._guard.getsockname()[1])
        return list(range(first + 1, first + _BLOCK))

    def close(self) -> None:
        """Others may have it."""
        self._guard.close()

    def __enter__(self) -> Self:
        """Held until the block's end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Not held any more."""
        self.close()


def free_ports(count: int) -> list[int]:
    """Distinct ports that are free on every address and of no world, below those that the system hands to outgoing connections.

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
            port = random.randint(_SINGLE, max(last, _SINGLE + count))  # noqa: S311 - so that two seldom try the same
            if probe := _bound(port):
                held.enter_context(probe)
                found.append(port)
    raise WorldError(f"no {count} free ports between {_SINGLE} and {last}")


def _bound(port: int) -> socket.socket | None:
    """A socket that has that port on every address; None where somebody has it on any."""
    probe = socket.socket()
    try:
        probe.bind(("", port))
    except OSError:
        probe.close()
        return None
    return probe


def _is_free(port: int) -> bool:
    probe = _bound(port)
    if probe:
        probe.close()
    return probe is not None


def _first_ephemeral() -> int:
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError):
        return _LAST + 1
