"""A target's mapping, compiled once for a run: what to say for each operation, and how to understand what comes back."""

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol

from scenarios.errors import BadInput
from scenarios.run.outcomes import Outcome, Promise
from scenarios.run.records import (
    CODE_EXPIRED,
    CODE_IN_PROGRESS,
    CODE_MISMATCH,
    CODE_MISSING,
    CODE_NONE,
    NO_AMOUNT,
    REASONS,
    answer_digest,
)
from scenarios.target.decryption import opener
from scenarios.target.effects import Effect
from scenarios.target.fields import Method, OutcomeName
from scenarios.target.model import Header, Signature, Target
from scenarios.target.operations import Operation
from scenarios.target.places import base_url, other_places
from scenarios.target.predicates import Predicate, compile_predicate
from scenarios.target.request_encoder import KEY, RequestEncoder, RequestParts, all_headers, path_template
from scenarios.target.request_template import RequestTemplate
from scenarios.target.responses import Response, by_head_alone, by_status_alone, compile_path, compile_paths
from scenarios.target.sessions import begins_session, cookie_name, expired_predicate, may_expire, only_keeps, sends_token
from scenarios.target.signing import Signer, fresh_scope, signer_of
from scenarios.target.templates import Body, Placeholder, Scope, TextTemplate
from scenarios.wire.request_bytes import HeaderLines, Request

_SUCCESS, _REFUSAL, _UNKNOWN = Outcome.SUCCESS, Outcome.REFUSAL, Outcome.UNKNOWN
_NOTHING, _ACCEPTED, _EFFECTED = Promise.NONE, Promise.ACCEPTED, Promise.EFFECTED  # looking members up costs time in the hot path

_answer = tuple.__new__  # an Answer in half the time


class TransportError(Enum):
    """How an attempt ended without an answer."""

    REFUSED = "connection refused or exhausted by the target"  # never sent: a definite no
    RESET = "connection lost before the answer"
    TIMEOUT = "no answer within the operation's time"
    GARBLED = "an answer that is not HTTP"


class Answer(NamedTuple):
    """What an attempt came to."""

    outcome: Outcome
    promise: Promise = Promise.NONE
    code: int = CODE_NONE  # CODE_*: how the answer stands to the idempotency rules
    digest: int = 0  # of the effect id, 0 where none
    shown_fen: int = NO_AMOUNT
    site: str = ""
    extracted: Mapping[str, object] = MappingProxyType({})
    cause: str = ""  # why it is no success, in a word or two


class CompiledEffect:
    """The effect of an operation, compiled."""

    def __init__(self, effect: Effect, statics: Scope) -> None:
        """Binds what is known for the whole run."""
        self.business = TextTemplate.of(effect.business).bind(statics)
        asked = effect.amount or (effect.grants.face if effect.grants else None)
        self.amount = TextTemplate.of(asked).bind(statics) if asked else None
        self.terms = TextTemplate.of(effect.terms).bind(statics) if effect.terms else None
        self.accepted: Predicate | None = compile_predicate(effect.accepted) if effect.accepted else None


class OperationCodec:
    """One operation of a target, compiled for a run: texts bound to all that the run knows, predicates ready."""

    def __init__(self, name: str, index: int, operation: Operation, target: Target, statics: Scope, signer: Signer | None = None) -> None:
        """`statics` holds what does not change during the run: topology.*, secret.*, campaign.*."""
        self.name = name
        self.index = index
        self.method: str = operation.method
        self.timeout_s = operation.timeout_s
        self.base = base_url(target, operation.service, statics)
        self.others = other_places(target, operation.service, statics)
        """Where it is to be had besides."""
        self.tls, self.keep_alive = target.services[operation.service].tls, target.services[operation.service].keep_alive
        self.opener = opener(target.services[operation.service].decrypt, statics)
        """How its answers are decrypted, where they are encrypted."""
        spoken = {**statics, **fresh_scope(target)}
        self.path = path_template(operation.path, spoken)
        self.effect = CompiledEffect(operation.effect, statics) if operation.effect else None
        key_header = target.idempotency.header if self.effect else None
        key_field = target.idempotency.body_field if self.effect else None
        body = operation.compiled(spoken)
        self.keyed_body = _keyed(body, key_field, name)
        self.headers = self._all_headers(operation, target, spoken)
        plain = None if body is None else body.bind({KEY: ""})
        parts = RequestParts(self.method, self.base, self.path, self.headers, plain, self.keyed_body, key_header, signer)
        self.encoder = RequestEncoder(parts)
        """Its requests as bytes."""
        self.before = tuple(operation.before)
        """What may be asked first, to learn what this needs."""
        self.only_keeps = only_keeps(name, target)
        """Whether it renews or ends sessions, so that nothing which it tells is learned from it first."""
        cookie = cookie_name(target)
        self._begun: dict[str, object] = {cookie: "kept"} if cookie and begins_session(name, target) else {}
        self._known_by = frozenset({cookie}) if cookie and operation.authorised else frozenset[str]()
        self.outputs = frozenset((*operation.extract, *self._begun))
        """Names that its answers give to the customer."""
        self._words = tuple((name, target.words[name]) for name in operation.extract if target.words.get(name))
        beside = _beside(operation)
        self._told, self._beside = compile_paths({**operation.extract, **beside}), tuple(beside)
        self._id_at, self._shown_at = _place(operation, "id"), _place(operation, "shown")
        self._rules = _rules(operation.outcome) + _rules(target.outcome)
        self._site = compile_path(target.site) if target.site and self.effect else None  # only acks have room for it
        self.has_site = self._site is not None
        self.site_in_head = bool(target.site) and not str(target.site).startswith("$")
        """Whether answers with the same head have the same site."""
        self._codes = _codes(name, target)
        self._presumed = _presumed(target)
        """Where the file names why an operation refuses, that goes before these."""
        self._reasons = tuple((REASONS[name], compile_predicate(source)) for name, source in target.refusals.items()) if self.effect else ()
        told = (operation.effect.id, operation.effect.shown, *operation.extract.values()) if operation.effect else ()
        self._effect_in_document = any(path and path.startswith("$") for path in told)
        judged = (*operation.outcome.values(), *target.outcome.values()) if self.effect else ()
        self._told_in_document = self._effect_in_document or any("$" in source for source in judged)
        self._reads_json = any(
            "$" in source
            for source in (*told, *operation.extract.values(), *operation.outcome.values(), *target.outcome.values())
            if source
        )

    def _all_headers(self, operation: Operation, target: Target, statics: Scope) -> HeaderLines[TextTemplate]:
        own = {target.authorisation.header: target.authorisation.value} if operation.authorised and sends_token(target) else {}
        told = [_bound(headers, statics) for headers in (_mark(target), target.headers, own, operation.headers)]
        return all_headers(self.base, *told, signed=_signed(target), body=self.keyed_body)

    @property
    def effectful(self) -> bool:
        """Whether it changes something."""
        return self.effect is not None

    @property
    def placeholders(self) -> frozenset[str]:
        """Names that a customer or a journey must provide, the idempotency key apart."""
        texts = [self.path, *(text for _, text in self.headers)]
        if self.effect:
            texts += [text for text in (self.effect.business, self.effect.amount, self.effect.terms) if text]
        found = frozenset().union(*(text.placeholders for text in texts), self.keyed_body.placeholders if self.keyed_body else frozenset())
        return (found | self._known_by) - {KEY}

    def request(self, scope: Scope) -> Request:
        """The whole request but its signature; `scope` has all `placeholders`, and `key` where one is to be sent.

        Raises:
            BadInput: something is known to nobody.
        """
        return _said(self.encoder, {KEY: str(scope[KEY])} if KEY in scope else {}, scope)

    def decode(self, response: Response) -> Answer:
        """Outcome, promise and extractions of an answer. Never raises for what a service may answer."""
        return self.answer(response, self.outcome(response), self.code(response), self.site(response))

    def site(self, response: Response) -> str:
        """The data centre that answered, as the answer says; empty where it does not, or nobody asks."""
        return str(self._site(response) or "") if self._site else ""

    def answer(self, response: Response, outcome: Outcome, code: int, site: str) -> Answer:
        """The whole answer, where the outcome by the predicates, the code (CODE_*) and the site are known."""
        if code:
            if code == CODE_EXPIRED:
                outcome = Outcome.FAILURE
            elif code == CODE_IN_PROGRESS and outcome not in (_SUCCESS, _REFUSAL):
                outcome = _UNKNOWN
        if self._told_in_document and 200 <= response.status < 300 and response.document is None and self._cannot_be_told(response):  # noqa: PLR2004 - HTTP's own
            return _answer(Answer, (_UNKNOWN, _NOTHING, code, 0, NO_AMOUNT, site, {}, _cause(response, reads_json=True)))
        if outcome is _REFUSAL and code in self._presumed:
            code = self._reason(response, beyond_status=code != CODE_NONE) or code
        told = self._told(response)
        effect_id, shown = told.get(self._id_at), told.get(self._shown_at)
        for name in self._beside:
            del told[name]
        for name, words in self._words:
            told[name] = words.get(str(told[name]), told[name])
        if outcome is not _SUCCESS:
            return _answer(Answer, (outcome, _NOTHING, code, 0, NO_AMOUNT, site, told, _cause(response, reads_json=self._reads_json)))
        effect = self.effect
        if effect is None:
            return _answer(Answer, (outcome, _NOTHING, code, 0, NO_AMOUNT, site, {**told, **self._begun} if self._begun else told, ""))
        promise = _EFFECTED if effect.accepted is None or not effect.accepted(response) else _ACCEPTED
        digest = 0 if effect_id is None else answer_digest(str(effect_id))
        return _answer(Answer, (outcome, promise, code, digest, shown if isinstance(shown, int) else NO_AMOUNT, site, told, ""))

    def _cannot_be_told(self, response: Response) -> bool:
        """Whether what happened would stand in a document that is none: of a 2xx whose outcome or whose effect is told there."""
        if response.status == 204:  # noqa: PLR2004 - HTTP's own
            return False
        return self._effect_in_document or by_head_alone(self.outcome, response) is None

    def without_response(self, how: TransportError) -> Answer:
        """What an attempt without an answer came to."""
        sent = how is not TransportError.REFUSED
        maybe = how is TransportError.TIMEOUT or (sent and self.effectful)
        return Answer(Outcome.UNKNOWN if maybe else Outcome.FAILURE, cause=how.value)

    def code(self, response: Response) -> int:
        """How an answer stands to the idempotency rules, and to the session."""
        for code, predicate in self._codes:
            if predicate(response):
                return code
        return CODE_NONE

    def _reason(self, response: Response, *, beyond_status: bool) -> int:
        """Why it refuses, as the file's predicates know it, or those that look at more than its status."""
        found = (
            code
            for code, predicate in self._reasons
            if predicate(response) and not (beyond_status and by_status_alone(predicate, response.status))
        )
        return next(found, CODE_NONE)

    def outcome(self, response: Response) -> Outcome:
        """What the predicates say, else the status."""
        for outcome, predicate in self._rules:
            if predicate(response):
                return outcome
        return self._by_status(response)

    def _by_status(self, response: Response) -> Outcome:
        """What HTTP alone says, where no predicate does.

        A 2xx that no predicate knows, where there are predicates, is no success; but only a predicate says no to what may have happened.
        """
        if _is_2xx(response):
            odd = Outcome.UNKNOWN if self.effectful else Outcome.FAILURE
            return odd if self._rules else Outcome.SUCCESS
        if response.status in (429, 503) and "retry-after" in response.headers:
            return Outcome.SHED
        if response.status >= 500:  # noqa: PLR2004 - HTTP's own
            return Outcome.UNKNOWN if self.effectful else Outcome.FAILURE
        return Outcome.FAILURE


def _cause(response: Response, *, reads_json: bool) -> str:
    """Why an answer is no success: its status; what is wrong with it where it cannot be unpacked, or should be JSON and tell something."""
    if not response.packed and (not reads_json or not _is_2xx(response) or response.document is not None):
        return f"HTTP {response.status}"
    return f"HTTP {response.status} that cannot be read" + (f": {trouble}" if (trouble := response.trouble) else "")


def _is_2xx(response: Response) -> bool:
    return 200 <= response.status < 300  # noqa: PLR2004 - HTTP's own


def _place(operation: Operation, what: Literal["id", "shown"]) -> str:
    """Under which name an effect's value is found among all that an answer tells: one that it is extracted by, else its own."""
    path = getattr(operation.effect, what, None)
    return next((name for name, each in operation.extract.items() if each == path), f"={what}")


def _beside(operation: Operation) -> dict[str, str]:
    """Paths of the effect's values that are not extracted anyway, by their own names, which no extraction has."""
    effect = operation.effect
    told = {"=id": effect.id, "=shown": effect.shown} if effect else {}
    return {name: path for name, path in told.items() if path and path not in operation.extract.values()}


def _codes(name: str, target: Target) -> tuple[tuple[int, Predicate], ...]:
    """By which predicates an answer of an operation stands how to its session, and to its key."""
    expired = ((CODE_EXPIRED, expired_predicate(target)),) if may_expire(name, target) else ()
    misuse = (
        (CODE_IN_PROGRESS, target.idempotency.in_progress),
        (CODE_MISMATCH, target.idempotency.mismatch),
        (CODE_MISSING, target.idempotency.missing),
    )
    misused = ((code, compile_predicate(source)) for code, source in misuse)
    return (*expired, *(misused if target.operations[name].effect else ()))


def _presumed(target: Target) -> frozenset[int]:
    """What an answer's status says of the idempotency key only because the file says nothing of it, and nothing at all."""
    said = target.idempotency.model_fields_set
    codes = {"missing": CODE_MISSING, "mismatch": CODE_MISMATCH, "in_progress": CODE_IN_PROGRESS}
    return frozenset((CODE_NONE, *(code for name, code in codes.items() if name not in said)))


def _rules(predicates: Mapping[OutcomeName, str]) -> tuple[tuple[Outcome, Predicate], ...]:
    return tuple((Outcome[name.upper()], compile_predicate(source)) for name, source in predicates.items())


def operation_names(target: Target) -> list[str]:
    """Names of a target's operations in the order that gives each its index in the records."""
    return sorted(target.operations)


def compile_target(target: Target, statics: Scope) -> dict[str, OperationCodec]:
    """All operations of a target by name, compiled for one run. Raises BadInput where requests are to be signed and cannot be."""
    signer = signer_of(target, statics)
    return {
        name: OperationCodec(name, index, target.operations[name], target, statics, signer)
        for index, name in enumerate(operation_names(target))
    }


def render_request(request: RequestTemplate, target: Target, statics: Scope) -> Request:
    """A request of the control plane whose placeholders are all known: the whole of it but its signature."""
    base = base_url(target, request.service, statics)
    statics = {**statics, **fresh_scope(target)}
    return request_at(base, request.whole_path, request, statics, mark=target.test_mark, signature=target.signature)


class Said(Protocol):
    """What a file says of a request."""

    @property
    def method(self) -> Method:
        """Its method."""

    @property
    def headers(self) -> dict[str, str]:
        """Its own headers."""

    def compiled(self, scope: Scope) -> Body | None:
        """Its body, bound to what the scope knows; None where it has none."""


def request_at(base: str, path: str, said: Said, statics: Scope, *, mark: Header | None, signature: Signature | None) -> Request:
    """A request to an address, all of whose placeholders are known; without the headers that its signature will bring.

    Raises:
        BadInput: something is known to nobody.
    """
    body = said.compiled(statics)
    marked = {mark.header: mark.value} if mark else {}
    told = [_bound(headers, statics) for headers in (marked, said.headers)]
    headers = all_headers(base, *told, signed=signature.headers if signature else (), body=body)
    parts = RequestParts(said.method, base, path_template(path, statics), headers, body, body)
    return _said(RequestEncoder(parts), {}, statics)


def _said(encoder: RequestEncoder, args: Scope, scope: Scope) -> Request:
    try:
        return encoder.request(args, scope)
    except KeyError as error:
        known = ", ".join(sorted(scope)) or "nothing"
        raise BadInput(f"nothing is known as {{{error.args[0]}}}; known here: {known}") from None
    except (TypeError, ValueError, ArithmeticError) as error:  # a filter, or JSON, of a value that is none for it
        raise BadInput(f"it cannot be said: {error}") from None


def _mark(target: Target) -> dict[str, str]:
    return {target.test_mark.header: target.test_mark.value}


def _signed(target: Target) -> tuple[str, ...]:
    return tuple(target.signature.headers) if target.signature else ()


def _bound(headers: Mapping[str, str], statics: Scope) -> list[tuple[str, TextTemplate]]:
    return [(header, TextTemplate.of(value).bind(statics)) for header, value in headers.items()]


def _keyed(body: Body | None, field_name: str | None, operation: str) -> Body | None:
    """The body with its idempotency key; where the target carries that as a field of it, the field is put first."""
    if field_name is None:
        return body
    first = body.parts[0] if body and body.parts else b""
    if body is None or not isinstance(first, bytes) or not (body.is_form or first.startswith(b"{")):
        raise BadInput(
            f"operation {operation}: its key is the body's field {field_name!r}, so the body must be a JSON object or a form, if only {{}}"
        )
    if body.is_form:
        return replace(body, parts=(body.encode(field_name) + b"=", Placeholder(KEY), *((b"&" + first,) if first else ()), *body.parts[1:]))
    rest = first[1:] if first[1:].startswith(b"}") else b"," + first[1:]
    return replace(body, parts=(b"{" + body.encode(field_name) + b":", Placeholder(KEY), rest, *body.parts[1:]))
