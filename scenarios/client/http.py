"""The control plane's way to a target: one request at a time, signed where the target wants it, through no proxy, following no redirect.

Where the interlock has pinned addresses, it goes to those and to no others, whatever a name server says by then. The name stays what
the request is for: in its Host header, and in the certificate that is checked.
"""

import ssl
import time
from collections.abc import Mapping, Sequence
from http.client import BadStatusLine, RemoteDisconnected
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, NewConnectionError

from scenarios.errors import BadInput, Untrusted
from scenarios.target.model import Target
from scenarios.target.operation_codec import RenderedRequest, TransportError
from scenarios.target.responses import Response
from scenarios.target.signing import Signer
from scenarios.target.templates import Scope

Pins = Mapping[str, Sequence[str]]
"""Addresses by host; with none at all, names are looked up as usual."""

_MOST_BYTES = 64_000_000
_PIECE_BYTES = 65_536


class Unreachable(Untrusted):
    """No answer came; says where from, and why. The target's fault, by which a rehearsal proves nothing, and none of ours."""

    def __init__(self, sentence: str, how: TransportError) -> None:
        """`how` it ended."""
        super().__init__(sentence)
        self.how = how


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


class HttpClient:
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

    def signed(self, request: RenderedRequest) -> RenderedRequest:
        """The request as it is to be sent."""
        parts = urlsplit(request.url)
        headers = {"Host": parts.netloc, **request.headers}
        if self._signer:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers |= self._signer.headers(request.method, path, request.body or b"")
        return RenderedRequest(request.method, request.url, headers, request.body)

    def send(self, request: RenderedRequest, timeout_s: float) -> Response:
        """Signs and sends it; gives the answer, whatever its status.

        Raises:
            Unreachable: no answer came in its time.
            BadInput: the host was not checked.
        """
        return self.send_signed(self.signed(request), timeout_s)

    def send_signed(self, signed: RenderedRequest, timeout_s: float) -> Response:
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
            how, reason = _reason(error, timeout_s)
            raise Unreachable(f"{signed.method} {signed.url} is not reached: {reason}", how) from None
        if body is None:
            goes_on = f"goes on for more than {timeout_s:g} s or {_MOST_BYTES // 1_000_000} MB"
            raise Unreachable(f"{signed.method} {signed.url} {goes_on}", TransportError.GARBLED)
        return Response(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, body)


def _reason(error: BaseException, timeout_s: float) -> tuple[TransportError, str]:
    """The reason that lies in the libraries' errors, one in the other: the certificate's, the system's, else the innermost error's own."""
    found = [error]
    for outer in found:  # grows while it is read; errors that name each other end it
        inner = (outer.__cause__, outer.__context__, getattr(outer, "reason", None), *outer.args)
        found += [each for each in inner if isinstance(each, BaseException) and each not in found]
    if any(isinstance(each, (requests.Timeout, TimeoutError)) for each in found):
        return TransportError.TIMEOUT, f"no answer within {timeout_s:g} s"
    for each in found:
        if isinstance(each, ssl.SSLCertVerificationError):
            return TransportError.REFUSED, f"its certificate is not accepted: {each.verify_message}"
        if isinstance(each, BadStatusLine) and not isinstance(each, RemoteDisconnected):
            return TransportError.GARBLED, f"its answer is not HTTP: {str(each).strip()}"
        if isinstance(each, NewConnectionError):
            return TransportError.REFUSED, next(
                (one.strerror for one in found if isinstance(one, OSError) and one.strerror), "no connection"
            )
    for each in found:
        if isinstance(each, OSError) and each.errno is not None and each.strerror:
            return TransportError.RESET, each.strerror
    return TransportError.RESET, str(found[-1]) or type(found[-1]).__name__


def _body(answer: requests.Response, deadline: float) -> bytes | None:
    """The body, None where it does not end in time or is too big."""
    body = bytearray()
    while piece := answer.raw.read1(_PIECE_BYTES, decode_content=True):
        body += piece
        if len(body) > _MOST_BYTES or time.monotonic() > deadline:
            return None
    return bytes(body)
