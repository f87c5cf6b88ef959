"""A service's own admin interface over HTTP, as the target's file maps it under `admin`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from chaos.errors import NoTarget, OutOfReach
from chaos.handles.handle import Handle
from chaos.handles.http import call, refused, send
from chaos.handles.switch import SwitchState, known, with_secrets
from scenarios.client.operator_session import NoSession, OperatorSession
from scenarios.errors import BadInput
from scenarios.strict import Strict
from scenarios.target.admin import AdminRequest, AdminSwitch
from scenarios.target.model import Header, Signature, Target
from scenarios.target.operation_codec import request_at
from scenarios.target.operator_login import OPERATOR, LoginRequest, OperatorLogin
from scenarios.target.places import base_url
from scenarios.target.predicates import compile_predicate
from scenarios.target.responses import Response
from scenarios.target.services import Service, Tls
from scenarios.target.signing import Signer
from scenarios.target.templates import Scope
from scenarios.wire.request_bytes import Request


class AdminAccess(Strict):
    """What requests to the admin interface are made of. Secrets are placeholders still: a lease holds none."""

    switches: dict[str, AdminSwitch] = {}
    test_mark: Header | None = None
    signature: Signature | None = None
    statics: dict[str, str | int | float | bool | None] = {}
    operator: OperatorLogin | None = None
    logins: dict[str, Service] = {}  # where the operator logs in

    @classmethod
    def of(cls, target: Target, statics: Scope) -> Self:
        """A target's switches, and what fills their placeholders. Raises BadInput where nothing is known to fill one with."""
        if not target.admin:
            return cls()
        requests = [request for switch in target.admin.values() for request in switch.requests.values()]
        logins = list(target.operator.requests.values()) if target.operator else []
        names = {name for request in requests for name in request.placeholders}.union(*(login.placeholders for login in logins))
        named = known((name for name in names if not name.startswith(OPERATOR)), statics, target.name, "admin requests")
        signed = {name: value for name, value in statics.items() if target.signature and "." in name}
        where = {login.service: target.services[login.service] for login in logins}
        return cls(
            switches=target.admin,
            test_mark=target.test_mark,
            signature=target.signature,
            statics={**signed, **named},
            operator=target.operator,
            logins={name: service.model_copy(update={"base": base_url(target, name, statics)}) for name, service in where.items()},
        )


@dataclass(frozen=True, slots=True)
class HttpAdmin(Handle):
    """The interface at an address, with the switches that the target maps."""

    url: str
    access: AdminAccess = field(default_factory=AdminAccess)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    tls: Tls | None = None

    def probe(self) -> None:
        """Whatever it answers. Raises OutOfReach where it does not."""
        call("GET", self.url, tls=self.tls)

    def state(self, switch: str) -> SwitchState:
        """How a switch stands now. Raises NoTarget where the target maps none of that name; OutOfReach."""
        mapped = self._switch(switch)
        answer = self._send(mapped.state)
        if compile_predicate(mapped.broken)(answer):
            return SwitchState.BROKEN
        return SwitchState.WHOLE if compile_predicate(mapped.whole)(answer) else SwitchState.NEITHER

    def inject(self, switch: str) -> None:
        """Breaks what the switch stands for. Raises as `state`."""
        self._send(self._switch(switch).inject)

    def undo(self, switch: str) -> None:
        """Mends it. Raises as `state`."""
        self._send(self._switch(switch).undo)

    def _switch(self, name: str) -> AdminSwitch:
        if name not in self.access.switches:
            raise NoTarget(f"the target maps no admin switch {name!r}; there are: {', '.join(self.access.switches) or 'none'}")
        return self.access.switches[name]

    def _send(self, request: AdminRequest) -> Response:
        url = self.url.rstrip("/") + request.path
        try:
            answer = self._call(request)
            expected = compile_predicate(request.expect)(answer)
        except BadInput as error:
            raise OutOfReach(f"{request.method} {url}: {error}") from None
        if not expected:  # what it says stays there: it may repeat the token that it was shown
            unlike = f"HTTP {answer.status}, which is not as the target's file expects: {request.expect}"
            raise refused(answer.status, f"{request.method} {url}: {unlike}")
        return answer

    def _call(self, request: AdminRequest) -> Response:
        asked = self._rendered(self.url.rstrip("/"), request)
        rules = self.access.operator
        if rules is None or not OperatorSession.is_for(asked):
            return self._signed_and_sent(asked, self.tls)
        try:
            return self._session(rules).send(asked, lambda whole: self._signed_and_sent(whole, self.tls))
        except NoSession as error:
            raise OutOfReach(str(error)) from None

    def _session(self, rules: OperatorLogin) -> OperatorSession:
        """The operator's session of this process: one for all that it breaks and mends."""
        whose = self.access.model_dump_json()
        if whose not in _SESSIONS:
            logins = self.access.logins

            def send_login(asked: Request) -> Response:
                there = next(service for service in logins.values() if asked.url.startswith(f"{service.base}/"))
                return self._signed_and_sent(asked, there.tls)

            _SESSIONS[whose] = OperatorSession(rules, lambda login: self._rendered(logins[login.service].base, login), send_login)
        return _SESSIONS[whose]

    def _rendered(self, base: str, request: AdminRequest | LoginRequest) -> Request:
        access, scope = self.access, with_secrets(self.access.statics, self.secrets)
        told = access.operator.scope if access.operator else {}
        return request_at(base, request.path, request, {**scope, **told}, mark=access.test_mark, signature=access.signature)

    def _signed_and_sent(self, asked: Request, tls: Tls | None) -> Response:
        if self.access.signature:
            scope = with_secrets(self.access.statics, self.secrets)
            asked = replace(asked, data=Signer(self.access.signature, scope).sign_bytes(asked.data))
        return send(asked, tls=tls)


_SESSIONS: dict[str, OperatorSession] = {}
"""Of the operator, by what they may do."""
