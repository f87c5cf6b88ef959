"""Addresses: what counts as a host and as an http address, in a target's file, in the operator's and on the command line."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from scenarios.errors import BadInput
from scenarios.harmless import clipped

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_MOST_HOST = 253
_PORTS = {"http": 80, "https": 443}
_ALLOWED = "allowed: http://host:port or https://host:port"


@dataclass(frozen=True, slots=True)
class Address:
    """Where an http address leads."""

    scheme: str
    host: str
    port: int


def is_host(text: str) -> bool:
    """Whether it is an address of IPv4 or IPv6, or a name whose labels a name server can be asked for."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        labels = text.removesuffix(".").split(".")
        return len(text) <= _MOST_HOST and all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdecimal()
    return True


def parse_address(url: str) -> Address:
    """Where it leads.

    Raises:
        BadInput: it is no http address, names a user, or its host or port cannot be.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise BadInput(f"{clipped(url)!r} is no address; {_ALLOWED}") from None
    if parts.scheme not in _PORTS or not is_host(host) or port == 0 or any(char.isspace() or not char.isprintable() for char in url):
        raise BadInput(f"{clipped(url)!r} is no address; {_ALLOWED}")
    if "@" in parts.netloc:
        raise BadInput(f"an address at {host} names a user; send what it needs in a header")
    return Address(parts.scheme, host, port or _PORTS[parts.scheme])
