"""The control plane's way to a target: one request at a time, signed where the target wants it, through no proxy, following no redirect.

Where the interlock has pinned addresses, it goes to those and to no others, whatever a name server says by then. The name stays what
the request is for: in its Host header, and in the certificate that is checked. Requests and answers are the crowd's: the same bytes, read
by the same parser.
"""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from ssl import SSLContext
from typing import Self

from scenarios.client.connection import Connection, NoAnswerError, RefusedProtocolError
from scenarios.client.operator_session import NoSession, OperatorSession
from scenarios.errors import BadInput, Untrusted
from scenarios.target.addresses import Address, parse_address
from scenarios.target.model import Target
from scenarios.target.operation_codec import TransportError, render_request
from scenarios.target.places import openers_by_address, others_by_address, tls_by_address
from scenarios.target.responses import Response
from scenarios.target.services import Tls, tls_context
from scenarios.target.signing import signer_of
from scenarios.target.templates import Scope
from scenarios.wire.answer_head import Headers
from scenarios.wire.answer_parser import MOST_BYTES
from scenarios.wire.cookies import CookieJar
from scenarios.wire.request_bytes import Request

Pins = Mapping[str, Sequence[str]]
"""Addresses by host; with none at all, names are looked up as usual."""

NO_PINS: Pins = {}
_LOGIN_S = 10.0
_LOST = (TransportError.RESET, TransportError.REFUSED)
"""How a kept connection ends under a request; by the latter, the service says that it did nothing."""


class Unreachable(Untrusted):
    """No answer came; says where from, and why. The target's fault, by which a rehearsal proves nothing, and none of ours."""

    def __init__(self, sentence: str, how: TransportError, reason: str = "") -> None:
        """`how` it ended, and the reason in half a sentence."""
        super().__init__(sentence)
        self.how = how
        self.reason = reason


class Connections:
    """Kept connections to wherever something is asked."""

    def __init__(
        self, pins: Pins = NO_PINS, tls: Mapping[Address, Tls] | None = None, others: Mapping[Address, Sequence[Address]] | None = None
    ) -> None:
        """`tls` is what is said of single places, `others` where the same is to be had besides.

        Raises:
            BadInput: a file of `tls` is none.
        """
        self._pins = pins
        self._others = others or {}
        self._tls = dict(tls or {})
        self._speak_http2 = {place for place, said in self._tls.items() if said.alpn}
        self._contexts: dict[tuple[Tls | None, bool], SSLContext] = {}
        for place in self._tls:
            self._context(place)
        self._idle: dict[Address, list[Connection]] = defaultdict(list)

    def close(self) -> None:
        """Ends them."""
        for idle in self._idle.values():
            while idle:
                idle.pop().close()

    def ask(self, request: Request, timeout_s: float, most: int = MOST_BYTES) -> Response:
        """Sends a request as it is; gives the answer, whatever its status, of `most` bytes at most.

        A read that met a kept connection's end is sent once more; nothing else ever is.

        Raises:
            Unreachable: no answer came in its time.
            BadInput: the host was not checked.
        """
        place = parse_address(request.url)
        if self._pins and place.host not in self._pins:
            raise BadInput(f"{place.host} is not among the hosts that were checked: {', '.join(sorted(self._pins))}")
        connection = None
        try:
            connection = self._kept(place) or self._made(place, timeout_s)
            try:
                response, keeps = connection.ask(request.data, timeout_s, most)
            except NoAnswerError as error:
                if not (connection.used and error.how in _LOST and request.method == "GET"):
                    raise
                connection.close()
                connection = self._made(place, timeout_s)
                response, keeps = connection.ask(request.data, timeout_s, most)
        except NoAnswerError as error:
            if connection is not None:
                connection.close()
            why = self._why(error, place, connection)
            raise Unreachable(f"{request.method} {request.url} is not reached: {why}", error.how, why) from None
        except BaseException:
            if connection is not None:
                connection.close()  # who is interrupted here leaves an answer under way
            raise
        if keeps:
            self._idle[place].append(connection)
        else:
            connection.close()
        return response

    def _why(self, error: NoAnswerError, place: Address, connection: Connection | None) -> str:
        """The reason, and what it may be where TLS was agreed on, no certificate of ours was shown, and no answer came at all."""
        said = self._tls.get(place)
        nameless = place.scheme == "https" and not (said and said.cert) and connection is not None and not connection.used
        asks = nameless and error.how is TransportError.RESET
        return f"{error}; where it asks who comes, say tls: {{cert, key}} beside its base" if asks else str(error)

    def _kept(self, place: Address) -> Connection | None:
        """A connection on which nothing has happened since its last answer."""
        idle = self._idle[place]
        while idle:
            connection = idle.pop()
            if connection.quiet:
                return connection
            connection.close()
        return None

    def _made(self, place: Address, timeout_s: float) -> Connection:
        said = self._tls.get(place)
        name = (said.server_name if said else None) or place.host
        everywhere = (place, *self._others.get(place, ()))
        places = [(host, there.port) for there in everywhere for host in self._pins.get(there.host) or [there.host]]
        if place.scheme != "https":
            return Connection(places, None, name, timeout_s)
        http2 = place in self._speak_http2
        try:
            return Connection(places, self._context(place), name, timeout_s, http2=http2)
        except RefusedProtocolError:
            if http2:
                raise
        self._speak_http2.add(place)
        return Connection(places, self._context(place), name, timeout_s, http2=True)

    def _context(self, place: Address) -> SSLContext:
        said, http2 = self._tls.get(place), place in self._speak_http2
        if (said, http2) not in self._contexts:
            self._contexts[said, http2] = tls_context(said, SSLContext, http2=http2)
        return self._contexts[said, http2]


class HttpClient:
    """Sends requests to one target."""

    def __init__(self, target: Target, statics: Scope, pins: Pins) -> None:
        """`statics` holds the secrets too. Raises BadInput where requests are to be signed and cannot be, or a file for TLS is none."""
        self._signer = signer_of(target, statics)
        self._connections = Connections(pins, tls_by_address(target, statics), others_by_address(target, statics))
        self._openers = openers_by_address(target, statics)
        self._operator: OperatorSession | None = None
        if target.operator is not None:
            self._operator = OperatorSession(
                target.operator, lambda said: render_request(said, target, statics), lambda asked: self._signed_and_sent(asked, _LOGIN_S)
            )

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Ends the operator's session, where there is one, and closes its connections."""
        if self._operator is not None:
            self._operator.close()
        self._connections.close()

    def signed(self, request: Request) -> Request:
        """The request as it is to be sent."""
        return replace(request, data=self._signer.sign_bytes(request.data)) if self._signer else request

    def send(self, request: Request, timeout_s: float, most: int = MOST_BYTES) -> Response:
        """Signs and sends it; in the operator's session, where it carries something of that. As `Connections.ask`.

        Raises:
            BadInput: the operator's login is refused.
        """
        if self._operator is None or not self._operator.is_for(request):
            return self._signed_and_sent(request, timeout_s, most)
        try:
            return self._operator.send(request, lambda asked: self._signed_and_sent(asked, timeout_s, most))
        except NoSession as error:
            raise Unreachable(str(error), TransportError.RESET) from None

    def _signed_and_sent(self, request: Request, timeout_s: float, most: int = MOST_BYTES) -> Response:
        return self.send_signed(self.signed(request), timeout_s, most)

    def send_signed(self, signed: Request, timeout_s: float, most: int = MOST_BYTES) -> Response:
        """Sends a request that is signed already. As `Connections.ask`."""
        response = self._connections.ask(signed, timeout_s, most)
        opened = self._openers.get(parse_address(signed.url)) if self._openers else None
        return response if opened is None else opened(response)


def with_cookies(request: Request, jar: CookieJar) -> Request:
    """The request as the customer sends it whose cookies these are."""
    place = parse_address(request.url)
    return replace(request, data=jar.added_to(request.data, place.host, time.time(), secure=place.scheme == "https"))


def keep_cookies(request: Request, response: Response, jar: CookieJar) -> None:
    """What the answer gives them."""
    if isinstance(response.headers, Headers):
        place = parse_address(request.url)
        jar.take(response.headers.every("set-cookie"), place.host, request.data, time.time(), secure=place.scheme == "https")
