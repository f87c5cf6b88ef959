"""HTTP to a handle on this machine: a deadline on the whole exchange, no redirect, no proxy of the environment.

What a target tells of itself may also be read elsewhere: where the interlock has let it pass.
"""

import ipaddress
from collections.abc import Mapping
from contextlib import closing
from urllib.parse import urlsplit

import orjson
from pydantic import JsonValue

from chaos.errors import OutOfReach, Unanswered
from scenarios.client.http import NO_PINS, Connections, Pins, Unreachable
from scenarios.errors import BadInput
from scenarios.target.addresses import parse_address
from scenarios.target.operation_codec import TransportError
from scenarios.target.responses import Response
from scenarios.target.services import Tls
from scenarios.wire.request_bytes import JSON_TYPE, Request, request_to

DEADLINE_S = 3.0
_GATEWAY_WAITED = (502, 504)  # whoever stands before the server has no answer of it


def check_loopback(host: str) -> None:
    """Lets this machine's loopback addresses through, and nothing else.

    Raises:
        OutOfReach: the host is another one.
    """
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise OutOfReach(f"faults reach this machine's loopback only, and {host!r} is elsewhere; allowed: 127.0.0.0/8, ::1, localhost")


def bearer(token: str) -> dict[str, str]:
    """The header that shows a token; none where there is none."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def refused(status: int, sentence: str) -> OutOfReach:
    """What is raised of an answer that is not as wanted: Unanswered where it is not of the server itself."""
    return (Unanswered if status in _GATEWAY_WAITED else OutOfReach)(sentence)


def call(
    method: str,
    url: str,
    body: JsonValue = None,
    *,
    headers: Mapping[str, str] | None = None,
    deadline_s: float = DEADLINE_S,
    tls: Tls | None = None,
) -> Response:
    """Sends one request, with a body of JSON where it has one, and returns the whole answer, whatever its status.

    Raises:
        OutOfReach: not on this machine, no answer in time, or no HTTP; or not by TLS as `tls` says.
    """
    told = {} if body is None else {"Content-Type": JSON_TYPE}
    written = None if body is None else orjson.dumps(body)
    return send(request_to(method, url, {**told, **(headers or {})}, written), deadline_s, tls)


def send(request: Request, deadline_s: float = DEADLINE_S, tls: Tls | None = None) -> Response:
    """Sends a request as it is. As `call`."""
    check_loopback(urlsplit(request.url).hostname or "")
    return _sent(request, deadline_s, tls, NO_PINS)


def read(url: str, pins: Pins, *, headers: Mapping[str, str], tls: Tls | None = None) -> Response:
    """What a target tells of itself, whatever the status: by reading nothing is broken.

    With pins it goes to those addresses and no others, on whatever machine; without any, to this one alone.

    Raises:
        OutOfReach: as `call`, or its host is none of those that were checked.
    """
    request = request_to("GET", url, headers, None)
    return _sent(request, DEADLINE_S, tls, pins) if pins else send(request, DEADLINE_S, tls)


def _sent(request: Request, deadline_s: float, tls: Tls | None, pins: Pins) -> Response:
    what = f"{request.method} {request.url}"
    try:
        with closing(Connections(pins, {parse_address(request.url): tls} if tls else None)) as connections:
            return connections.ask(request, deadline_s)
    except Unreachable as error:
        if error.how is TransportError.REFUSED:
            raise OutOfReach(f"{what}: no connection: {error.reason}") from None
        raise Unanswered(f"{what}: {error.reason}") from None
    except BadInput as error:
        raise OutOfReach(f"{what}: {error}") from None


def demand(
    method: str,
    url: str,
    body: JsonValue = None,
    *,
    headers: Mapping[str, str] | None = None,
    deadline_s: float = DEADLINE_S,
    tls: Tls | None = None,
) -> Response:
    """As `call`, and the answer is a 2xx.

    Raises:
        OutOfReach: it is not; says what the answer said.
    """
    response = call(method, url, body, headers=headers, deadline_s=deadline_s, tls=tls)
    if not 200 <= response.status < 300:  # noqa: PLR2004 - HTTP's own
        said = response.body[:200].decode("utf-8", "replace").strip()
        raise refused(response.status, f"{method} {url}: HTTP {response.status} {said}")
    return response
