"""Stands before every target: load and faults go only where they are allowed.

A world that the door started proves itself by echoing the run's nonce. Every other address, loopback included (it may be a tunnel), must
be listed by the operator, in a file outside what it guards: `hosts` of ~/.config/stormdrill/operator.yaml, or of the file that
STORMDRILL_OPERATOR names.
"""

import ipaddress
import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

import requests
from pydantic import Field

from scenarios.errors import BadInput
from scenarios.loading import load_yaml
from scenarios.reply import Reply, compile_path
from scenarios.speech import base_url
from scenarios.target import Strict, Target
from scenarios.template import Scope, Text

OPERATOR_VARIABLE = "STORMDRILL_OPERATOR"
_TIMEOUT_S = 5


class Operator(Strict):
    """The operator's own configuration."""

    hosts: list[str] = Field(default=[], description="names or addresses that may be loaded and broken")


def operator_file() -> Path:
    """Where the operator's configuration is looked for."""
    return Path(os.environ.get(OPERATOR_VARIABLE) or Path.home() / ".config" / "stormdrill" / "operator.yaml")


def admit(target: Target, statics: Scope, nonce: str) -> None:
    """Lets the target pass, or says why not.

    Raises:
        BadInput: a world does not echo its nonce, or an address is not the operator's to give.
    """
    if target.world is not None:
        _prove(target, statics, nonce)
    allowed = _loopback_and(target)
    for name in target.services:
        base = base_url(target, name, statics)
        host = str(urlsplit(base).hostname)
        for address in _addresses(host, target):
            if address not in allowed:
                raise BadInput(
                    f"target {target.name}: service {name!r} leads to {host} ({address}), which is not allowed; "
                    f"list the host under 'hosts' in {operator_file()} if it may be loaded and broken"
                )


def _prove(target: Target, statics: Scope, nonce: str) -> None:
    if target.proof is None:
        raise BadInput(f"target {target.name} starts a world but has no 'proof'; it must echo the run's nonce")
    url = base_url(target, target.proof.service, statics) + Text.of(target.proof.path).render(statics)
    try:
        answer = requests.get(url, timeout=_TIMEOUT_S, allow_redirects=False)
    except requests.RequestException as error:
        raise BadInput(f"target {target.name}: its proof at {url} is not reached: {type(error).__name__}") from None
    echoed = compile_path(target.proof.nonce)(Reply(answer.status_code, {}, answer.content))
    if echoed != nonce:
        raise BadInput(f"target {target.name}: {url} does not echo this run's nonce; another service answers there")


def _loopback_and(target: Target) -> set[str]:
    """Addresses that may be reached: a proven world's loopback, and what the operator lists, resolved once."""
    path = operator_file()
    hosts = load_yaml(path, Operator).hosts if path.is_file() else []
    allowed = {address for host in hosts for address in _addresses(host, target)}
    return _Loopback(allowed) if target.world is not None else allowed


class _Loopback(set[str]):
    """A set of addresses that has all of the loopback range in it too."""

    def __contains__(self, address: object) -> bool:
        return ipaddress.ip_address(str(address)).is_loopback or super().__contains__(address)


def _addresses(host: str, target: Target) -> list[str]:
    try:
        return sorted({str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)})
    except OSError:
        raise BadInput(f"target {target.name}: the host {host!r} does not resolve") from None
