"""A target's mapping, compiled once for a run: what to say for each operation, and how to understand what comes back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote

import orjson

from scenarios.errors import BadInput
from scenarios.run.outcomes import Outcome, Promise
from scenarios.run.records import CODE_IN_PROGRESS, CODE_MISMATCH, CODE_MISSING, CODE_NONE, NO_AMOUNT, REASONS, answer_digest
from scenarios.target.addresses import parse_address
from scenarios.target.fields import OutcomeName
from scenarios.target.model import Effect, Operation, Target
from scenarios.target.predicates import Predicate, compile_predicate
from scenarios.target.request_template import RequestTemplate
from scenarios.target.responses import Response, compile_path, compile_paths
from scenarios.target.signing import Signer
from scenarios.target.templates import JsonTemplate, Placeholder, Scope, TextTemplate

_SUCCESS, _REFUSAL, _UNKNOWN = Outcome.SUCCESS, Outcome.REFUSAL, Outcome.UNKNOWN
_NOTHING, _ACCEPTED, _EFFECTED = Promise.NONE, Promise.ACCEPTED, Promise.EFFECTED  # looking members up costs time in the hot path

_answer = tuple.__new__  # an Answer in half the time

KEY = "key"
"""The placeholder that stands for the idempotency key."""


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


@dataclass(frozen=True, slots=True)
class RenderedRequest:
    """One request in full, for the control plane and for showing."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None


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
        self.path = TextTemplate.of(operation.path).bind(statics)
        self.effect = CompiledEffect(operation.effect, statics) if operation.effect else None
        self.key_header = target.idempotency.header if self.effect else None
        self.key_field = target.idempotency.body_field if self.effect else None
        self.headers = tuple(
            (header, TextTemplate.of(value).bind(statics)) for header, value in self._all_headers(operation, target).items()
        )
        body = None if operation.body is None else JsonTemplate.of(operation.body).bind(statics)
        self.body = None if body is None else body.bind({KEY: ""})
        self.keyed_body = _keyed(body, self.key_field, name)
        self.signer = signer
        self._names = tuple(operation.extract)
        self._words = tuple((place, target.words[name]) for place, name in enumerate(self._names) if target.words.get(name))
        self._values, self._id_at, self._shown_at = _values(operation)
        self._rules = _rules(operation.outcome) + _rules(target.outcome)
        self._site = compile_path(target.site) if target.site and self.effect else None  # only acks have room for it
        self.has_site = self._site is not None
        self.site_in_head = bool(target.site) and not str(target.site).startswith("$")
        """Whether answers with the same head have the same site."""
        self._misuse: tuple[tuple[int, Predicate], ...] = (
            (CODE_IN_PROGRESS, compile_predicate(target.idempotency.in_progress)),
            (CODE_MISMATCH, compile_predicate(target.idempotency.mismatch)),
            (CODE_MISSING, compile_predicate(target.idempotency.missing)),
        )

        self._reasons = tuple((REASONS[name], compile_predicate(source)) for name, source in target.refusals.items()) if self.effect else ()
        told = (operation.effect.id, operation.effect.shown, *operation.extract.values()) if operation.effect else ()
        self._reads_document = any(path and path.startswith("$") for path in told)

    @staticmethod
    def _all_headers(operation: Operation, target: Target) -> dict[str, str]:
        found = {target.test_mark.header: target.test_mark.value, **target.headers}
        if operation.authorised:
            found[target.authorisation.header] = target.authorisation.value
        return found | operation.headers

    @property
    def effectful(self) -> bool:
        """Whether it changes something."""
        return self.effect is not None

    @property
    def outputs(self) -> frozenset[str]:
        """Names that its answers give to the customer."""
        return frozenset(self._names)

    @property
    def placeholders(self) -> frozenset[str]:
        """Names that a customer or a journey must provide, the idempotency key apart."""
        texts = [self.path, *(text for _, text in self.headers)]
        if self.effect:
            texts += [text for text in (self.effect.business, self.effect.amount, self.effect.terms) if text]
        found = frozenset().union(*(text.placeholders for text in texts), self.keyed_body.placeholders if self.keyed_body else frozenset())
        return found - {KEY}

    def request(self, scope: Scope) -> RenderedRequest:
        """The whole request but its signature; `scope` has all `placeholders`, and `key` where one is to be sent."""
        headers = {header: text.render(scope) for header, text in self.headers}
        if self.key_header and KEY in scope:
            headers[self.key_header] = str(scope[KEY])
        template = self.keyed_body if KEY in scope else self.body
        body = template.render(scope) if template else None
        if body is not None:
            headers["Content-Type"] = "application/json"
        return RenderedRequest(self.method, self.base + in_path(self.path.render(scope)), headers, body)

    def decode(self, response: Response) -> Answer:
        """Outcome, promise and extractions of an answer. Never raises for what a service may answer."""
        return self.answer(response, self.outcome(response), self.code(response), self.site(response))

    def site(self, response: Response) -> str:
        """The data centre that answered, as the answer says; empty where it does not, or nobody asks."""
        return str(self._site(response) or "") if self._site else ""

    def answer(self, response: Response, outcome: Outcome, code: int, site: str) -> Answer:
        """The whole answer, where the outcome by the predicates, the code (CODE_*) and the site are known."""
        if code == CODE_IN_PROGRESS and outcome not in (_SUCCESS, _REFUSAL):
            outcome = _UNKNOWN
        if self._reads_document and 200 <= response.status < 300 and response.status != 204 and response.document is None:  # noqa: PLR2004 - HTTP's own
            return _answer(Answer, (_UNKNOWN, _NOTHING, code, 0, NO_AMOUNT, site, {}, f"HTTP {response.status} that cannot be read"))
        if outcome is _REFUSAL and code == CODE_NONE:
            code = self._reason(response)
        values = self._values(response)
        for place, words in self._words:
            values = (*values[:place], words.get(str(values[place]), values[place]), *values[place + 1 :])
        extracted = dict(zip(self._names, values))  # noqa: B905 - behind the names come the effect's own values
        cause = "" if outcome is _SUCCESS else f"HTTP {response.status}"
        if self.effect is None or outcome is not _SUCCESS:
            return _answer(Answer, (outcome, _NOTHING, code, 0, NO_AMOUNT, site, extracted, cause))
        effect_id = None if self._id_at is None else values[self._id_at]
        shown = None if self._shown_at is None else values[self._shown_at]
        promise = _ACCEPTED if self.effect.accepted is not None and self.effect.accepted(response) else _EFFECTED
        digest = answer_digest(str(effect_id)) if effect_id is not None else 0
        shown_fen = shown if isinstance(shown, int) else NO_AMOUNT
        return _answer(Answer, (outcome, promise, code, digest, shown_fen, site, extracted, ""))

    def without_response(self, how: TransportError) -> Answer:
        """What an attempt without an answer came to."""
        sent = how is not TransportError.REFUSED
        maybe = how is TransportError.TIMEOUT or (sent and self.effectful)
        return Answer(Outcome.UNKNOWN if maybe else Outcome.FAILURE, cause=how.value)

    def code(self, response: Response) -> int:
        """How an answer stands to the idempotency rules."""
        for code, predicate in self._misuse if self.effect else ():
            if predicate(response):
                return code
        return CODE_NONE

    def _reason(self, response: Response) -> int:
        """Why it refuses, as the file's predicates know it."""
        return next((code for code, predicate in self._reasons if predicate(response)), CODE_NONE)

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


def _is_2xx(response: Response) -> bool:
    return 200 <= response.status < 300  # noqa: PLR2004 - HTTP's own


def _values(operation: Operation) -> tuple[Callable[[Response], tuple[object, ...]], int | None, int | None]:
    """A getter of all that an answer tells: what is extracted first, then the effect's id and amount; and where those two stand."""
    paths = list(operation.extract.values())
    places: list[int | None] = []
    for path in (operation.effect.id, operation.effect.shown) if operation.effect else (None, None):
        places.append(len(paths) if path else None)
        paths += [path] if path else []
    return compile_paths(paths), places[0], places[1]


def _rules(predicates: Mapping[OutcomeName, str]) -> tuple[tuple[Outcome, Predicate], ...]:
    return tuple((Outcome[name.upper()], compile_predicate(source)) for name, source in predicates.items())


def base_url(target: Target, service: str, statics: Scope) -> str:
    """Base address of a service, without a slash at its end.

    Raises:
        BadInput: it is no http or https address.
    """
    base = TextTemplate.of(target.services[service].base).render(statics).rstrip("/")
    try:
        parse_address(base)
    except BadInput as error:
        raise BadInput(f"target {target.name}: service {service!r}: {error.what}") from None
    return base


def operation_names(target: Target) -> list[str]:
    """Names of a target's operations in the order that gives each its index in the records."""
    return sorted(target.operations)


def compile_target(target: Target, statics: Scope) -> dict[str, OperationCodec]:
    """All operations of a target by name, compiled for one run. Raises BadInput where requests are to be signed and cannot be."""
    signer = Signer(target.signature, statics) if target.signature else None
    return {
        name: OperationCodec(name, index, target.operations[name], target, statics, signer)
        for index, name in enumerate(operation_names(target))
    }


def render_request(request: RequestTemplate, target: Target, statics: Scope) -> RenderedRequest:
    """A request of the control plane whose placeholders are all known: the whole of it but its signature."""
    headers = {target.test_mark.header: target.test_mark.value}
    headers |= {header: TextTemplate.of(value).render(statics) for header, value in request.headers.items()}
    body = JsonTemplate.of(request.body).render(statics) if request.body is not None else None
    if body is not None:
        headers["Content-Type"] = "application/json"
    url = base_url(target, request.service, statics) + in_path(TextTemplate.of(request.whole_path).render(statics))
    return RenderedRequest(request.method, url, headers, body)


def in_path(path: str) -> str:
    """A path, with its query, as it is sent: what URLs do not allow is quoted."""
    return quote(path, safe="/?&=:@!$'()*+,;~%")


def _keyed(body: JsonTemplate | None, field_name: str | None, operation: str) -> JsonTemplate | None:
    """The body with its idempotency key; where the target carries that as a field of it, the field is put first."""
    if field_name is None:
        return body
    first = body.parts[0] if body and body.parts else b""
    if not isinstance(first, bytes) or not first.startswith(b"{"):
        raise BadInput(
            f"operation {operation}: its key is the body's field {field_name!r}, so the body must be a JSON object, if only {{}}"
        )
    rest = first[1:] if first[1:].startswith(b"}") else b"," + first[1:]
    return JsonTemplate((b"{" + orjson.dumps(field_name) + b":", Placeholder(KEY), rest, *(body.parts[1:] if body else ())))
