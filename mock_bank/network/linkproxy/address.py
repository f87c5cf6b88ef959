"""A host and a port: how Toxiproxy reads and resolves them, and in which words it refuses them."""

import asyncio
import os
import re
import socket
from dataclasses import dataclass

from mock_bank.network.linkproxy import problems

_LOOPBACK = "127.0.0.1"
_WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - what is asked for by name; without a name it is the loopback
_BACKLOG = 1024
_LOOKUP_S = 2.0  # less than who wants its turn after it will wait
_LAST_PORT = 65535
_INTEGER = re.compile(r"[+-]?[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Address:
    """A host, a name or a number, and a port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read ``host:port``; no host is this machine's loopback, no port is any that is free, and nothing at all is both.

        Raises:
            Refusal: it is not that, in Go's words.
        """
        host, port = _halves(text) if text else ("", "")
        return cls(host or _LOOPBACK, _port(port))

    async def resolved(self) -> "Address":
        """With the host as a number, of IPv4 where it has one. Raises Refusal."""
        try:
            async with asyncio.timeout(_LOOKUP_S):
                found = await asyncio.get_running_loop().getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except TimeoutError:
            raise problems.bad_address(f"lookup {self.host}: i/o timeout") from None
        except (OSError, UnicodeError):
            raise problems.bad_address(f"lookup {self.host}: no such host") from None
        family, *_, address = min(found, key=lambda one: one[0] != socket.AF_INET)
        return Address(str(address[0]), self.port) if family in {socket.AF_INET, socket.AF_INET6} else self

    def __str__(self) -> str:
        """Write ``host:port``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


async def listener(text: str) -> socket.socket:
    """A socket that listens there; of both families where it is asked for all of this machine's addresses.

    Raises:
        Refusal: there is no such address, or it cannot be bound.
    """
    try:
        address = await Address.parse(text).resolved()
    except problems.Refusal as refusal:
        raise problems.cannot_listen(f": {refusal}") from None
    try:
        if address.host in _WILDCARDS and socket.has_dualstack_ipv6():
            return socket.create_server(("", address.port), family=socket.AF_INET6, backlog=_BACKLOG, dualstack_ipv6=True)
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        return socket.create_server((address.host, address.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno).lower() if error.errno else str(error)
        raise problems.cannot_listen(f" {address}: bind: {reason}") from error


def bound(sock: socket.socket) -> str:
    """Where a socket listens."""
    host, port = sock.getsockname()[:2]
    return str(Address(host, port))


def _halves(text: str) -> tuple[str, str]:
    """Host and port of an address, as Go splits them."""
    colon = text.rfind(":")
    if colon < 0:
        raise _wrong(text, "missing port in address")
    if not text.startswith("["):
        host, port = text[:colon], text[colon + 1 :]
        if ":" in host:
            raise _wrong(text, "too many colons in address")
    else:
        end = text.find("]")
        if end < 0:
            raise _wrong(text, "missing ']' in address")
        if end + 1 != colon:
            raise _wrong(text, "too many colons in address" if text[end + 1 : end + 2] == ":" else "missing port in address")
        host, port = text[1:end], text[colon + 1 :]
    for bracket in "[]":
        if bracket in host + port:
            raise _wrong(text, f"unexpected '{bracket}' in address")
    return host, port


def _port(text: str) -> int:
    """A port by its number or its service's name; an empty one is 0."""
    if not _INTEGER.fullmatch(text or "0"):
        try:
            return socket.getservbyname(text, "tcp")
        except (OSError, UnicodeError, ValueError):
            raise problems.bad_address(f"address tcp/{text}: unknown port") from None
    port = int(text or "0")
    if not 0 <= port <= _LAST_PORT:
        raise problems.bad_address(f"address {text}: invalid port")
    return port


def _wrong(text: str, what: str) -> problems.Refusal:
    return problems.bad_address(f"address {text}: {what}")
