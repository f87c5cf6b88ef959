"""The operator's session: begun when a request first needs it, renewed before it runs out or where an answer says so, and ended.

Whoever sends requests of the operator's has a session of their own, so that none depends on how long another process has lived.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from scenarios.errors import BadInput, Untrusted
from scenarios.target.operator_login import OPERATOR, LoginRequest, OperatorLogin
from scenarios.target.predicates import compile_predicate
from scenarios.target.responses import Response, compile_path
from scenarios.target.sessions import lifetime_of
from scenarios.target.stamps import marked_names, told
from scenarios.wire.request_bytes import Request

_USED_UP = 0.8
"""It is renewed when so much of its life is over."""

_NOT_NOW = frozenset({408, 425, 429})
_OUT_OF_ORDER = 500

Send = Callable[[Request], Response]
"""Signs a request and sends it."""


class NoSession(Untrusted):
    """The operator's login is not answered just now."""


class OperatorSession:
    """One session of the operator of one target."""

    def __init__(self, rules: OperatorLogin, render: Callable[[LoginRequest], Request], send: Send) -> None:
        """`render` makes a request of what the file says; `send` is for those of the session itself."""
        self._rules = rules
        self._render = render
        self._send = send
        self._expired = compile_predicate(rules.expired)
        self._told: dict[str, object] = {}
        self._until = float("inf")  # of the monotonic clock: when it is to be renewed

    @staticmethod
    def is_for(request: Request) -> bool:
        """Whether a request carries something of the session."""
        return any(name.startswith(OPERATOR) for name in marked_names(request.data))

    def send(self, request: Request, send: Send) -> Response:
        """Sends a request of the operator's; once more with a new token where the answer says that the old one has run out.

        Raises:
            NoSession: the login is not answered just now; or as `send` does.
            BadInput: the login is refused.
        """
        if time.monotonic() >= self._until:
            self._renew()
        elif not self._told:
            self._begin(self._rules.login)
        response = send(self._carrying(request))
        if not self._expired(response):
            return response
        self._renew()
        return send(self._carrying(request))

    def close(self) -> None:
        """Ends it, where there is one and the file says how; whatever is answered, there is nothing more to do."""
        if self._told and self._rules.logout is not None:
            with suppress(Untrusted):
                self._send(self._carrying(self._render(self._rules.logout)))
        self._told = {}

    def _carrying(self, request: Request) -> Request:
        return replace(request, data=told(request.data, self._told))

    def _renew(self) -> None:
        """By what was told before where the file says so; where that is refused, or there is no such way, by the login."""
        self._until = float("inf")
        if self._rules.renew is not None:
            try:
                self._begin(self._rules.renew)
            except BadInput:
                pass
            else:
                return
        self._begin(self._rules.login)

    def _begin(self, login: LoginRequest) -> None:
        request = self._carrying(self._render(login))
        asked = time.monotonic()
        response = self._send(request)
        if response.status in _NOT_NOW or response.status >= _OUT_OF_ORDER:
            raise NoSession(f"{request.method} {request.url}: the operator's login answers {response.status}")
        found = {name: compile_path(path)(response) for name, path in self._rules.extract.items()}
        missing = next((name for name, value in found.items() if value is None and f"{OPERATOR}{name}" not in self._told), None)
        good = compile_predicate(login.expect)(response)
        if not good or missing is not None:  # what it says stays there: it may hold a token
            why = f"and there is nothing at {self._rules.extract[missing]}" if good and missing else f"but {login.expect!r} is expected"
            raise BadInput(f"{request.method} {request.url}: the operator's login answers {response.status}, {why}")
        self._told |= {f"{OPERATOR}{name}": value for name, value in found.items() if value is not None}
        rules = self._rules
        lives_s = lifetime_of(compile_path(rules.expires_in)(response)) if rules.expires_in else rules.lifetime_s
        self._until = float("inf") if lives_s is None else asked + _USED_UP * lives_s
