"""HTTP to a handle on this machine: a deadline on the whole exchange, no redirect, no proxy of the environment."""

import ipaddress
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

import requests
from pydantic import JsonValue

from chaos.errors import OutOfReach
from scenarios.target.responses import Response

DEADLINE_S = 3.0
_MOST_BYTES = 16_000_000


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


def call(
    method: str, url: str, body: JsonValue = None, *, headers: Mapping[str, str] | None = None, deadline_s: float = DEADLINE_S
) -> Response:
    """Sends one request and returns the whole answer, whatever its status.

    Raises:
        OutOfReach: not on this machine, no answer in time, or no HTTP.
    """
    check_loopback(urlsplit(url).hostname or "")
    until = time.monotonic() + deadline_s
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, url, json=body, headers=headers, timeout=deadline_s, allow_redirects=False, stream=True)
            content = b""
            for chunk in answer.iter_content(1 << 16):
                content += chunk
                if time.monotonic() > until or len(content) > _MOST_BYTES:
                    raise OutOfReach(f"{method} {url}: the answer does not end within {deadline_s:g} s or {_MOST_BYTES} bytes")
            return Response(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, content)
    except requests.RequestException as error:
        raise OutOfReach(f"{method} {url}: {_reason(error)}") from None


def demand(
    method: str, url: str, body: JsonValue = None, *, headers: Mapping[str, str] | None = None, deadline_s: float = DEADLINE_S
) -> Response:
    """As `call`, and the answer is a 2xx.

    Raises:
        OutOfReach: it is not; says what the answer said.
    """
    response = call(method, url, body, headers=headers, deadline_s=deadline_s)
    if not 200 <= response.status < 300:  # noqa: PLR2004 - HTTP's own
        raise OutOfReach(f"{method} {url}: HTTP {response.status} {response.body[:200].decode('utf-8', 'replace').strip()}")
    return response


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return type(error).__name__
