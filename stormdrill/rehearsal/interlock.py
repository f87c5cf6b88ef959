"""Stands before every target: load and faults go only where they are allowed.

A world that the door started proves itself by echoing the run's nonce, and leads to no address but those that its own topology lists. Every
other target, loopback included (it may be a tunnel), must lie on addresses that the operator has listed, echo the test mark, and show its
kill switch. The operator speaks in a file outside what it guards: ~/.config/stormdrill/operator.yaml, or the file that STORMDRILL_OPERATOR
names.
"""

import ipaddress
import socket
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from scenarios.client.http import HttpClient, Unreachable
from scenarios.errors import BadInput, Untrusted
from scenarios.harmless import clipped
from scenarios.plan.operator_file import Operator, load_operator, network_of, operator_file
from scenarios.plan.scenario import Scenario
from scenarios.target.addresses import HANDLES, WEB, Address, parse_address
from scenarios.target.model import KillSwitch, MarkEcho, Target
from scenarios.target.operation_codec import TransportError, render_request
from scenarios.target.places import base_url
from scenarios.target.predicates import compile_predicate
from scenarios.target.request_template import RequestTemplate
from scenarios.target.responses import Response, compile_path
from scenarios.target.secrets import redacted
from scenarios.target.templates import Scope, TextTemplate
from scenarios.wire.request_bytes import request_to

_TIMEOUT_S = 5
_GREETED_S = 2
_OTHER_VERSION = (426, 505)
_SWITCHED_S = 10
_POLL_S = 0.2
_SHOWN = 200
_SOCKETS = {"handle 'haproxy'": "the path of its socket"}
"""What may also be led to by a file of this machine."""
_THIS_MACHINE = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Admission:
    """What a target was let pass with."""

    pins: dict[str, list[str]]
    max_rps: float | None = None
    proofs: list[str] = field(default_factory=list)  # what was shown, a sentence each


def admit(target: Target, scenario: Scenario, statics: Scope, nonce: str, *, own: Collection[str] = ()) -> Admission:
    """Lets the target pass, or says why not.

    `statics` holds the secrets too; `own` is all that the topology of the target's own world lists, and that file itself.

    Raises:
        BadInput: an address is not the operator's to give or none of the world's own, the load is over his limit, or the target does not
            prove what it owes.
    """
    if target.world is not None:
        pins = _own(target, statics, own)
        with HttpClient(target, statics, pins) as client:
            _prove_world(client, target, statics, nonce)
        return Admission(pins)
    operator = load_operator(operator_file())
    pins = _pinned(target, statics, operator)
    _check_rate(target, scenario, operator)
    with HttpClient(target, statics, pins) as client:
        proofs = [_prove_mark(client, target, statics), _prove_switch(client, target, statics, exercise=operator.exercise_kill_switch)]
        _speaks_http1(client, target, statics)
    blind = [name for name, service in target.services.items() if service.tls and not service.tls.verify]
    proofs += [f"is not known by its certificate at {name}, for verify is false" for name in blind]
    return Admission(pins, operator.max_rps, proofs)


def _own(target: Target, statics: Scope, own: Collection[str]) -> dict[str, list[str]]:
    """The hosts of a target whose world was started for it: each of its addresses is one that this world lists, and on loopback.

    What it leads to besides would be reached without any of the proofs that a real target owes, whoever has listed it.
    """
    whole = ((_address(text, HANDLES) or _address(f"tcp://{text}", HANDLES)) for text in own)  # listed in full, or as host:port
    listed = {address for address in whole if address and _is_loopback(address.host)}
    pins: dict[str, list[str]] = {}
    for place, text in _places(target, statics):
        address = _address(text, _schemes(place))
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
        if place in _SOCKETS and text.startswith("/") and text.isprintable():
            _check_socket(target, place, text, operator)
            continue
        address = _address(text, _schemes(place))
        if address is None:
            ways = [f"{scheme}://host:port" for scheme in _schemes(place)] + ([_SOCKETS[place]] if place in _SOCKETS else [])
            allowed = " or ".join(ways)
            raise BadInput(f"target {target.name}: {place} is {clipped(text)!r}; allowed: {allowed}")
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


def _check_socket(target: Target, place: str, text: str, operator: Operator) -> None:
    """A socket is this machine's, so the operator has listed that. Raises BadInput."""
    if not any(_listed("localhost", address, operator) for address in _THIS_MACHINE):
        raise BadInput(
            f"target {target.name}: {place} leads to {clipped(text)}, a socket of this machine, which is not allowed; "
            f"list {_THIS_MACHINE[0]} under 'hosts' in {operator_file()} if it may be loaded and broken"
        )


def _places(target: Target, statics: Scope) -> Iterator[tuple[str, str]]:
    """Every place of the target's file that leads to some address, and its text, filled."""
    texts = [(f"service {name!r}", service.base) for name, service in target.services.items()]
    texts += [(f"service {name!r} also", text) for name, service in target.services.items() for text in service.also_at]
    texts += [(f"handle {name!r}", text) for name, text in target.handle_places()]
    texts += [("health", target.health.url)] if target.health else []
    texts += [("events", target.events.url)] if target.events else []
    yield from ((place, TextTemplate.of(text).render({"since": 0, **statics})) for place, text in texts)


def _schemes(place: str) -> Mapping[str, int | None]:
    return HANDLES if place.startswith("handle") else WEB


def _address(text: str, schemes: Mapping[str, int | None]) -> Address | None:
    try:
        return parse_address(text, schemes)
    except BadInput:
        return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listed(host: str, address: str, operator: Operator) -> bool:
    networks = [network for network in map(network_of, operator.hosts) if network is not None]
    return host in operator.hosts or any(ipaddress.ip_address(address) in network for network in networks)


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


def _speaks_http1(client: HttpClient, target: Target, statics: Scope) -> None:
    """Each address that no proof has asked yet: another tongue is said before the load, whatever else is wrong shows later."""
    proofs = (target.mark_echo, target.kill_switch.state if target.kill_switch else None)
    asked = {parse_address(base_url(target, proof.service, statics)) for proof in proofs if proof}
    for name in target.services:
        base = base_url(target, name, statics)
        if (address := parse_address(base)) in asked:
            continue
        asked.add(address)
        try:
            greeted = client.send(request_to("OPTIONS", f"{base}/", {target.test_mark.header: target.test_mark.value}, None), _GREETED_S)
        except Unreachable as error:
            if error.how is TransportError.GARBLED:
                raise BadInput(f"target {target.name}: service {name!r}: {error}") from None
        else:
            _takes_http1(greeted, target, f"service {name!r}")


def _takes_http1(response: Response, target: Target, what: str) -> None:
    """Raises BadInput where it is told, by HTTP/1.1, that another version is spoken."""
    if response.status in _OTHER_VERSION:
        asked = clipped(response.headers.get("upgrade", "another version"))
        raise BadInput(
            f"target {target.name}: {what} refuses HTTP/1.1 (HTTP {response.status}) and asks for {asked}, which is not spoken here"
        )


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
    if _echoed_unmarked(client, target, statics, target.mark_echo) == echoed:
        raise BadInput(
            f"target {target.name}: {target.mark_echo.path} answers {echoed!r} to a request without the mark too, so it does not show that "
            f"{target.test_mark.header} is seen; echo what the request carries"
        )
    return f"echoes the mark {target.test_mark.header}: {target.test_mark.value}, and does not where it is missing"


def _echoed_unmarked(client: HttpClient, target: Target, statics: Scope, request: MarkEcho) -> object:
    """What is echoed to the same request without the mark; None where that is not answered."""
    unmarked = render_request(request, target, statics).without(target.test_mark.header)
    try:
        return compile_path(request.echo)(client.send(unmarked, _TIMEOUT_S))
    except Unreachable:
        return None


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
    return "was paused and resumed by its kill switch, as its state tells; whether claims stop with it is tried by: stormdrill target check"


def look_again(target: Target, statics: Scope, pins: dict[str, list[str]]) -> None:
    """A last look at a real target that was let pass, once all is prepared and before customers come.

    Raises:
        Untrusted: it is not reached any more.
    """
    if target.world is not None or target.kill_switch is None:
        return
    with HttpClient(target, statics, pins) as client:
        try:
            client.send(render_request(target.kill_switch.state, target, statics), _TIMEOUT_S)
        except Unreachable as error:
            raise Untrusted(f"target {target.name} was let pass, and has gone before the load: {error}") from None


def may_exercise(target: Target) -> bool:
    """Whether the target's kill switch may be pulled: the operator consents, or the world is our own."""
    return target.world is not None or load_operator(operator_file()).exercise_kill_switch


def _exercise(client: HttpClient, target: Target, statics: Scope, switch: KillSwitch) -> None:
    try:
        _pulled(client, target, statics, switch.pause, "pause")
        paused = _becomes(client, target, statics, switch, switch.paused)
    finally:
        _pulled(client, target, statics, switch.resume, "resume")
    if not paused:
        raise BadInput(f"target {target.name}: its kill switch does not pause the campaign within {_SWITCHED_S} s")
    if not _becomes(client, target, statics, switch, switch.running):
        raise BadInput(f"target {target.name}: its kill switch does not let the campaign go on within {_SWITCHED_S} s; look after it")


def _pulled(client: HttpClient, target: Target, statics: Scope, request: RequestTemplate, what: str) -> None:
    switch, answer = target.kill_switch, _asked(client, target, statics, request, f"its kill switch's {what}")
    if switch is not None and not compile_predicate(switch.done)(answer):
        said = redacted(answer.body[:_SHOWN].decode(errors="replace"), target)
        raise BadInput(
            f"target {target.name}: its kill switch's {what} answers {answer.status}, but {switch.done!r} is expected; it says: {said}"
        )


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
    _takes_http1(response, target, what)
    if response.packed:
        raise BadInput(f"target {target.name}: {what} answers what cannot be read: {response.packed}")
    return response
