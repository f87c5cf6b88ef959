"""Addresses: what counts as a host and as an http address, in a target's file, in the operator's and on the command line."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from scenarios.errors import BadInput
from scenarios.harmless import clipped

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_MOST_HOST = 253
_ALLOWED = "allowed: http://host:port or https://host:port"

WEB = MappingProxyType({"http": 80, "https": 443})
"""Schemes of customers' addresses, with the port where none is said."""

HANDLES = MappingProxyType({**WEB, "tcp": None, "postgresql": 5432, "ssh": 22})
"""Those of handles; None: a port must be said."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where an http address leads."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        """As an address in full."""
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def is_host(text: str) -> bool:
    """Whether it is an address of IPv4 or IPv6, or a name whose labels a name server can be asked for."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        labels = text.removesuffix(".").split(".")
        return len(text) <= _MOST_HOST and all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdecimal()
    return True


def parse_address(url: str, ports: Mapping[str, int | None] = WEB) -> Address:
    """Where it leads; `ports` are the schemes that are allowed, and their ports.

    Raises:
        BadInput: it is no http address, names a user, or its host or port cannot be.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", ports.get(parts.scheme) if parts.port is None else parts.port
    except ValueError:
        raise BadInput(f"{clipped(url)!r} is no address; {_ALLOWED}") from None
    if parts.scheme not in ports or not is_host(host) or not port or any(char.isspace() or not char.isprintable() for char in url):
        raise BadInput(f"{clipped(url)!r} is no address; {_ALLOWED}")
    if "@" in parts.netloc:
        raise BadInput(f"an address at {host} names a user; send what it needs in a header")
    return Address(parts.scheme, host, port)
