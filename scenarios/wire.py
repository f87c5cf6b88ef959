"""The control plane's way to a target: one request at a time, signed where the target wants it, through no proxy, following no redirect.

Where the interlock has pinned addresses, it goes to those and to no others, whatever a name server says by then. The name stays what
the request is for: in its Host header, and in the certificate that is checked.
"""

import time
from collections.abc import Mapping, Sequence
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from scenarios.errors import BadInput, StormdrillError
from scenarios.reply import Reply
from scenarios.signing import Signer
from scenarios.speech import Request
from scenarios.target import Target
from scenarios.template import Scope

Pins = Mapping[str, Sequence[str]]
"""Addresses by host; with none at all, names are looked up as usual."""

_MOST_BYTES = 64_000_000
_PIECE_BYTES = 65_536


class Unreached(StormdrillError):
    """No answer came; says where from, and why."""


class _ToPinned(HTTPAdapter):
    """Connects to the pinned address of a host."""

    def __init__(self, pins: Pins) -> None:
        self._pins = pins
        super().__init__(pool_connections=16)

    def build_connection_pool_key_attributes(self, request: requests.PreparedRequest, verify: Any, cert: Any = None) -> tuple[Any, Any]:
        """Where to connect, and how; called by `requests` for each request."""
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        name = str(host["host"])
        if name not in self._pins:
            raise BadInput(f"{name} is not among the hosts that were checked: {', '.join(sorted(self._pins))}")
        tls = {"server_hostname": name, "assert_hostname": name} if host["scheme"] == "https" else {}
        return {**host, "host": self._pins[name][0]}, {**pool, **tls}


class Wire:
    """Sends requests to one target."""

    def __init__(self, target: Target, statics: Scope, pins: Pins) -> None:
        """`statics` holds the secrets too. Raises BadInput where requests are to be signed and cannot be."""
        self._signer = Signer(target.signature, statics) if target.signature else None
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # one customer's are not the next one's
        if pins:
            for scheme in ("http://", "https://"):
                self._session.mount(scheme, _ToPinned(pins))

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Closes its connections."""
        self._session.close()

    def signed(self, request: Request) -> Request:
        """The request as it is to be sent."""
        parts = urlsplit(request.url)
        headers = {"Host": parts.netloc, **request.headers}
        if self._signer:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers |= self._signer.headers(request.method, path, request.body or b"")
        return Request(request.method, request.url, headers, request.body)

    def send(self, request: Request, timeout_s: float) -> Reply:
        """Signs and sends it; gives the answer, whatever its status.

        Raises:
            Unreached: no answer came in its time.
            BadInput: the host was not checked.
        """
        return self.deliver(self.signed(request), timeout_s)

    def deliver(self, signed: Request, timeout_s: float) -> Reply:
        """Sends a request that is signed already. Raises as `send`."""
        try:
            with self._session.request(
                signed.method,
                signed.url,
                headers={name: value.encode() for name, value in signed.headers.items()},  # as the crowd sends them
                data=signed.body,
                timeout=timeout_s,
                allow_redirects=False,
                stream=True,
            ) as answer:
                body = _body(answer, time.monotonic() + timeout_s)
        except (requests.RequestException, HTTPError, OSError) as error:
            raise Unreached(f"{signed.method} {signed.url} is not reached: {type(error).__name__}") from None
        if body is None:
            raise Unreached(f"{signed.method} {signed.url} goes on for more than {timeout_s:g} s or {_MOST_BYTES // 1_000_000} MB")
        return Reply(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, body)


def _body(answer: requests.Response, deadline: float) -> bytes | None:
    """The body, None where it does not end in time or is too big."""
    body = bytearray()
    while piece := answer.raw.read1(_PIECE_BYTES, decode_content=True):
        body += piece
        if len(body) > _MOST_BYTES or time.monotonic() > deadline:
            return None
    return bytes(body)
