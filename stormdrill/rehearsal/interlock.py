"""Stands before every target: load and faults go only where they are allowed.

A world that the door started proves itself by echoing the run's nonce, and leads to no address but those that its own topology lists. Every
other target, loopback included (it may be a tunnel), must lie on addresses that the operator has listed, echo the test mark, and show its
kill switch. The operator speaks in a file outside what it guards: ~/.config/stormdrill/operator.yaml, or the file that STORMDRILL_OPERATOR
names.
"""

import ipaddress
import os
import socket
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field, field_validator

from scenarios.client.http import HttpClient, Unreachable
from scenarios.errors import BadInput
from scenarios.harmless import clipped
from scenarios.plan.scenario import Scenario
from scenarios.plan.yaml_loading import load_yaml
from scenarios.strict import Strict
from scenarios.target.addresses import Address, is_host, parse_address
from scenarios.target.model import KillSwitch, Target
from scenarios.target.operation_codec import render_request
from scenarios.target.predicates import compile_predicate
from scenarios.target.request_template import RequestTemplate
from scenarios.target.responses import Response, compile_path
from scenarios.target.templates import Scope, TextTemplate

OPERATOR_VARIABLE = "STORMDRILL_OPERATOR"
_TIMEOUT_S = 5
_SWITCHED_S = 10
_POLL_S = 0.2


class Operator(Strict):
    """The operator's own configuration."""

    hosts: list[str] = Field(
        default=[], max_length=1000, description="names, addresses or networks (10.20.0.0/16) that may be loaded and broken"
    )
    max_rps: float | None = Field(default=None, gt=0, le=1e9, description="most requests per second that they may get; none: no limit")
    exercise_kill_switch: bool = Field(default=False, description="before a run, pause the campaign and resume it, to see that it works")

    @field_validator("hosts")
    @classmethod
    def _are_hosts(cls, hosts: list[str]) -> list[str]:
        for host in hosts:
            if not is_host(host) and _network(host) is None:
                raise ValueError(f"{clipped(host)!r} is no host; allowed: a name, an address, or a network as 10.20.0.0/16")
        return hosts


@dataclass(frozen=True, slots=True)
class Admission:
    """What a target was let pass with."""

    pins: dict[str, list[str]]
    max_rps: float | None = None
    proofs: list[str] = field(default_factory=list)  # what was shown, a sentence each


def operator_file() -> Path:
    """Where the operator's configuration is looked for."""
    return Path(os.environ.get(OPERATOR_VARIABLE) or Path.home() / ".config" / "stormdrill" / "operator.yaml")


def admit(target: Target, scenario: Scenario, statics: Scope, nonce: str, *, own: Collection[str] = ()) -> Admission:
    """Lets the target pass, or says why not.

    `statics` holds the secrets too; `own` is all that the topology of the target's own world lists, and that file itself.

    Raises:
        BadInput: an address is not the operator's to give or none of the world's own, the load is over his limit, or the target does not
            prove what it owes.
    """
    path = operator_file()
    operator = load_yaml(path, Operator) if path.exists() else Operator()
    if target.world is not None:
        pins = _own(target, statics, own)
        with HttpClient(target, statics, pins) as client:
            _prove_world(client, target, statics, nonce)
        return Admission(pins)
    pins = _pinned(target, statics, operator)
    _check_rate(target, scenario, operator)
    with HttpClient(target, statics, pins) as client:
        proofs = [_prove_mark(client, target, statics), _prove_switch(client, target, statics, exercise=operator.exercise_kill_switch)]
    return Admission(pins, operator.max_rps, proofs)


def _own(target: Target, statics: Scope, own: Collection[str]) -> dict[str, list[str]]:
    """The hosts of a target whose world was started for it: each of its addresses is one that this world lists, and on loopback.

    What it leads to besides would be reached without any of the proofs that a real target owes, whoever has listed it.
    """
    listed = {address for text in own if (address := _address(text)) and _is_loopback(address.host)}
    pins: dict[str, list[str]] = {}
    for place, text in _places(target, statics):
        address = _address(text)
        if address is None and text in own and place.startswith("handle"):
            continue  # a file or a socket of the world's
        if address is None or (address.host, address.port) not in {(other.host, other.port) for other in listed}:
            shown = f"{address.host}:{address.port}" if address else repr(clipped(text))
            raise BadInput(
                f"target {target.name}: {place} leads to {shown}, which is not listed by the topology of its own world; "
                "a target that starts a world leads nowhere else"
            )
        pins[address.host] = [address.host]
    return pins


def _pinned(target: Target, statics: Scope, operator: Operator) -> dict[str, list[str]]:
    """Every host of a real target with its addresses, looked up once, all of them allowed by the operator."""
    found: dict[str, list[str]] = {}
    for place, text in _places(target, statics):
        address = _address(text)
        if address is None:
            raise BadInput(f"target {target.name}: {place} is {clipped(text)!r}; allowed: http://host:port or https://host:port")
        host = address.host
        if host not in found:
            found[host] = _addresses(host, target) if operator.hosts else [host]  # where nothing is listed, nothing is looked up
        for pin in found[host]:
            if not _listed(host, pin, operator):
                raise BadInput(
                    f"target {target.name}: {place} leads to {host} ({pin}), which is not allowed; "
                    f"list the host under 'hosts' in {operator_file()} if it may be loaded and broken"
                )
    return found


def _places(target: Target, statics: Scope) -> Iterator[tuple[str, str]]:
    """Every place of the target's file that leads to some address, and its text, filled."""
    texts = [(f"service {name!r}", service.base) for name, service in target.services.items()]
    texts += [(f"handle {name!r}", text) for name, text in target.handles.items()]
    texts += [("health", target.health.url)] if target.health else []
    texts += [("events", target.events.url)] if target.events else []
    yield from ((place, TextTemplate.of(text).render({"since": 0, **statics})) for place, text in texts)


def _address(text: str) -> Address | None:
    try:
        return parse_address(text)
    except BadInput:
        return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listed(host: str, address: str, operator: Operator) -> bool:
    networks = [network for network in map(_network, operator.hosts) if network is not None]
    return host in operator.hosts or any(ipaddress.ip_address(address) in network for network in networks)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _addresses(host: str, target: Target) -> list[str]:
    try:
        return sorted({str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)})
    except (OSError, UnicodeError):
        raise BadInput(f"target {target.name}: the host {host!r} does not resolve") from None


def _check_rate(target: Target, scenario: Scenario, operator: Operator) -> None:
    """The least that is sent at the peak: a request for each arrival, and the pulse. What comes above it is watched during the run."""
    if operator.max_rps is None:
        return
    peak = max(piece.rate(at_s) for piece in scenario.curve.pieces for at_s in (piece.start_s, piece.end_s))
    peak += scenario.pulse.rate * len(scenario.pulse.operations) if scenario.pulse else 0
    if peak > operator.max_rps:
        raise BadInput(
            f"scenario {scenario.name} sends {peak:.0f} requests/s or more at its peak; "
            f"{operator_file()} allows {target.name} {operator.max_rps:g}/s"
        )


def _prove_world(client: HttpClient, target: Target, statics: Scope, nonce: str) -> None:
    if target.proof is None:
        raise BadInput(f"target {target.name} starts a world but has no 'proof'; it must echo the run's nonce")
    request = RequestTemplate(service=target.proof.service, path=target.proof.path)
    response = _asked(client, target, statics, request, "its proof")
    if compile_path(target.proof.nonce)(response) != nonce:
        raise BadInput(f"target {target.name}: {target.proof.path} does not echo this run's nonce; another service answers there")


def _prove_mark(client: HttpClient, target: Target, statics: Scope) -> str:
    """Whoever answers must know a rehearsal's traffic from customers'."""
    if target.mark_echo is None:
        raise BadInput(f"target {target.name} has no 'mark_echo'; a real target must show that it sees the test mark")
    response = _asked(client, target, statics, target.mark_echo, "its mark echo")
    echoed = compile_path(target.mark_echo.echo)(response)
    if echoed != target.test_mark.value:
        raise BadInput(
            f"target {target.name}: {target.mark_echo.path} echoes {echoed!r} instead of the mark "
            f"{target.test_mark.header}: {target.test_mark.value}; its traffic could be taken for customers'"
        )
    return f"echoes the mark {target.test_mark.header}: {target.test_mark.value}"


def _prove_switch(client: HttpClient, target: Target, statics: Scope, *, exercise: bool) -> str:
    """A campaign that nobody can stop is not loaded."""
    switch = target.kill_switch
    if switch is None:
        raise BadInput(f"target {target.name} has no 'kill_switch'; a real target must be one that can be stopped")
    state = _asked(client, target, statics, switch.state, "its kill switch")
    if compile_predicate(switch.paused)(state):
        raise BadInput(f"target {target.name}: its campaign is paused; resume it first")
    if not compile_predicate(switch.running)(state):
        raise BadInput(f"target {target.name}: the state of its kill switch is neither {switch.running!r} nor {switch.paused!r}")
    if not exercise:
        return "shows its kill switch, running (not exercised: exercise_kill_switch is not set in the operator's file)"
    _exercise(client, target, statics, switch)
    return "was paused and resumed by its kill switch"


def _exercise(client: HttpClient, target: Target, statics: Scope, switch: KillSwitch) -> None:
    try:
        _asked(client, target, statics, switch.pause, "its kill switch's pause")
        paused = _becomes(client, target, statics, switch, switch.paused)
    finally:
        _asked(client, target, statics, switch.resume, "its kill switch's resume")
    if not paused:
        raise BadInput(f"target {target.name}: its kill switch does not pause the campaign within {_SWITCHED_S} s")
    if not _becomes(client, target, statics, switch, switch.running):
        raise BadInput(f"target {target.name}: its kill switch does not let the campaign go on within {_SWITCHED_S} s; look after it")


def _becomes(client: HttpClient, target: Target, statics: Scope, switch: KillSwitch, wanted: str) -> bool:
    holds, deadline = compile_predicate(wanted), time.monotonic() + _SWITCHED_S
    while not holds(_asked(client, target, statics, switch.state, "its kill switch")):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _asked(client: HttpClient, target: Target, statics: Scope, request: RequestTemplate, what: str) -> Response:
    try:
        response = client.send(render_request(request, target, statics), _TIMEOUT_S)
    except Unreachable as error:
        raise BadInput(f"target {target.name}: {what}: {error}") from None
    if 300 <= response.status < 400:  # noqa: PLR2004 - HTTP's own
        raise BadInput(f"target {target.name}: {what} answers {response.status} and would lead elsewhere; redirects are not followed")
    return response
