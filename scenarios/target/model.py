"""A target: how a campaign service is reached, spoken to, understood, read back and healed. One file in `targets/` or a folder of them.

All of it is data. The model below is the file, field by field. `scenarios.target.operation_codec` compiles it for use.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationInfo, model_validator

from scenarios.errors import BadInput, Misfit
from scenarios.strict import FOLDER, FromFile, Strict
from scenarios.target.admin import AdminSwitch
from scenarios.target.ciphers import ENCRYPT, check_ciphers
from scenarios.target.decryption import check_decryption
from scenarios.target.effects import Books
from scenarios.target.fields import (
    DONE,
    Description,
    FieldText,
    HeaderName,
    Headers,
    HeaderText,
    InnerName,
    Name,
    OutcomeName,
    PathText,
    Patience,
    PredicateText,
    ReasonName,
    SwitchValue,
    TemplateText,
    UrlPath,
    UrlText,
    Variable,
    WorldVariable,
)
from scenarios.target.filters import KEYED
from scenarios.target.named_places import named_in
from scenarios.target.operations import Operation, check_operations
from scenarios.target.operator_login import OperatorLogin, check_operator
from scenarios.target.people import PREFIX, Data, read_people
from scenarios.target.preparation import Prepare, check_enrolled
from scenarios.target.readback import ReadBack
from scenarios.target.request_template import RequestTemplate
from scenarios.target.services import Service
from scenarios.target.sessions import UNSAID, SessionRules, check_session
from scenarios.target.templates import Placeholder, TextTemplate
from scenarios.target.toolkit import Toolkit

SIGNED_NAMES = ("method", "path", "body", "timestamp", "nonce")
"""What a signed text may be made of, besides names with a dot that the run knows."""


_KEYED = re.compile(rf"\|\s*(?:(?:{'|'.join(KEYED)})\(|{ENCRYPT}\([^(),|]*,)\s*(\w+)\s*\)")


_DATA = re.compile(r"\{data\.(\w+)")
_SECRET = re.compile(r"(?<!\{)\{secret\.(\w+)")
_SIGNED = re.compile(r"(?<!\{)\{(signature)[}|]")
Places = Annotated[tuple[TemplateText, ...], Field(min_length=1, max_length=10)]
ItemName = Annotated[str, Field(min_length=1, max_length=80)]


class World(Strict):
    """A world that the door starts before the run and takes down after it: `python -m MODULE up|down`, which writes topology.json."""

    module: InnerName
    switches: dict[Name, SwitchValue | bool] = Field(default={}, description="how the world is to be, as it says itself what there is")
    secrets: dict[WorldVariable, InnerName] = Field(default={}, description="variable name: the topology's key whose value it takes")


class Header(Strict):
    """A header that every request carries."""

    header: HeaderName
    value: HeaderText = ""


class Idempotency(Strict):
    """How the idempotency key travels, and how the service answers when it is missing, misused or still running."""

    header: HeaderName | None = Field(default="Idempotency-Key", description="null where it travels in the body")
    body_field: InnerName | None = Field(default=None, description="top-level field of a JSON body; deeper down, write {key} into it")
    missing: PredicateText = "http == 400"
    mismatch: PredicateText = "http == 422"
    in_progress: PredicateText = "http == 409"


class Signature(Strict):
    """How every request is signed: by an algorithm or by an installed hook, over which text, and where it is sent."""

    algorithm: Literal["hmac-sha256", "hmac-sm3", "md5", "sha256", "sm3"] | None = Field(
        default=None, description="a digest without a key is of a text that holds {secret.NAME}"
    )
    hook: InnerName | None = Field(default=None, description="entry point of the group stormdrill.signers; needs --allow-code")
    secret: Variable = Field(description="the declared secret that is the key")
    text: TemplateText = Field(
        default="{method}\n{path}\n{timestamp}\n{nonce}\n{body}",
        description="what is signed; the path as it is sent; {sorted}: the fields of query and body in their names' order, as a=1&b=2",
    )
    encoding: Literal["hex", "hex-upper", "base64"] = "hex"
    timestamp: Literal["ms", "s"] = "ms"
    headers: Headers = Field(
        default={}, description="what is sent: {signature}, {timestamp}, {nonce}, {secret.NAME}; none where {signature} stands in bodies"
    )

    @model_validator(mode="after")
    def _one_signer_over_known_names(self) -> "Signature":
        if (self.algorithm is None) == (self.hook is None):
            raise Misfit("a signature has either an algorithm or a hook", "algorithm")
        if self.headers and not any("{signature}" in value for value in self.headers.values()):
            raise Misfit("no header carries {signature}", "headers")
        for place, text, extra in [("text", self.text, "sorted"), *(("headers", value, "signature") for value in self.headers.values())]:
            for placeholder in (part for part in TextTemplate.of(text).parts if isinstance(part, Placeholder)):
                if placeholder.filter or not ("." in placeholder.name or placeholder.name in (*SIGNED_NAMES, extra)):
                    allowed = ", ".join((*SIGNED_NAMES, extra))
                    raise Misfit(f"{{{placeholder.name}}} cannot be signed or sent; allowed without a filter: {allowed}", place)
        return self


class MarkEcho(RequestTemplate):
    """A request whose answer echoes the test mark: whoever answers knows that this is a rehearsal."""

    echo: PathText = Field(description="where the answer shows the mark's value")


class KillSwitch(Strict):
    """The campaign's own emergency brake (重大事件熔断): how it is seen, pulled and released."""

    state: RequestTemplate
    running: PredicateText
    paused: PredicateText
    pause: RequestTemplate
    resume: RequestTemplate
    done: PredicateText = Field(default=DONE, description="what pause and resume answer when it is done")

    @model_validator(mode="after")
    def _two_states(self) -> "KillSwitch":
        if self.running == self.paused:
            raise Misfit("a campaign that is paused does not run; allowed: two predicates that differ", "paused")
        return self


SystemKind = Literal[
    "detected", "fencing", "promoting", "promoted", "repointed", "degraded", "rejoined", "redundant", "serves",
    "breaker_opened", "breaker_half_opened", "breaker_closed",
    "kill_switch_stale", "kill_switch_tripped", "kill_switch_acknowledged", "kill_switch_resumed", "kill_switch_refused", "other",
]  # fmt: skip


class SystemEvents(Strict):
    """Where the system tells of its own detections and promotions, on this machine's monotonic clock."""

    url: UrlText
    headers: dict[str, TemplateText] = Field(default={}, description="of that request; of placeholders only {secret.NAME}")
    rows: PathText = "$.events"
    fields: dict[str, FieldText] = {"kind": "$.kind", "monotonic_ns": "$.monotonic_ns", "seq": "$.seq"}
    kinds: dict[str, SystemKind] = {}

    @model_validator(mode="after")
    def _tell_what_and_when(self) -> "SystemEvents":
        for name in ("kind", "monotonic_ns"):
            if name not in self.fields:
                raise Misfit(f"nothing tells {name!r}, without which no event is taken; add it to: {', '.join(self.fields)}", "fields")
        return self


class FailoverFacts(Strict):
    """What is to be known of how the target's databases fail over, before figures of it are read."""

    noticed: Description | None = Field(default=None, description="by what a loss is noticed, and when; beside each figure")
    deadline_s: Patience = Field(default=0.1, description="what drills of a database or a centre get at least, to recover in")
    cannot: dict[Name, Description] = Field(default={}, description="drill: why it cannot be performed here")


class Proof(Strict):
    """A request whose answer echoes the nonce that the world was started with."""

    service: InnerName
    path: UrlPath
    nonce: PathText


class Health(Strict):
    """When the system counts as whole: one writer, its synchronous standby, all nodes serving."""

    url: UrlText
    headers: dict[str, TemplateText] = Field(default={}, description="of that request; of placeholders only {secret.NAME}")
    healthy: PredicateText
    reason: PathText | None = None
    writers: PathText | None = Field(default=None, description="how many parts accept writes, as a number or as the list of them")
    lag_ms: PathText | None = Field(default=None, description="by how much the standby is behind, as the system itself claims")


SECTIONS: Final = frozenset(
    {("services",), ("operations",), ("prepare",), ("readback",), ("readback", "tables"), ("words",), ("refusals",), ("admin",)}
)
"""What several files of one target may fill together; everything else stands whole in one of them."""


class Target(FromFile):
    """A target file, or all files of a target's folder together."""

    name: Name
    describe: Description
    like: Description | None = Field(default=None, description="another target, which says all that this one does not say itself")
    world: World | None = None
    services: Annotated[dict[InnerName, Service], Field(max_length=100)]
    secrets: list[Variable] = Field(default=[], description="environment variables, known as {secret.NAME}; written nowhere")
    data: Data | None = Field(default=None, description="people who exist already, known as {data.COLUMN}")
    items: dict[InnerName, ItemName] = Field(default={}, description="prizes that exist already: our SKU: theirs, as {sku} is sent")
    test_mark: Header = Header(header="X-Pressure-Test", value="true")
    authorisation: Header = Header(header="Authorization", value=UNSAID)
    session: SessionRules | None = Field(default=None, description="how a customer's token is renewed in mid-run")
    operator: OperatorLogin | None = Field(default=None, description="how the operator logs in, for what control requests carry")
    signature: Signature | None = None
    headers: Headers = Field(default={}, description="carried by every request of a customer")
    idempotency: Idempotency = Idempotency()
    site: PathText | None = Field(default=None, description="where an answer names the data centre that gave it")
    sites: list[Annotated[str, Field(pattern="^[!-~]$")]] = Field(
        default=[], max_length=20, description="the data centres that all serve customers, by the first character of their names"
    )
    outcome: dict[OutcomeName, PredicateText] = Field(default={}, description="predicates for what an operation's own leave open")
    refusals: dict[ReasonName, PredicateText] = Field(default={}, description="why a refusal refuses, held against the books")
    words: dict[str, dict[str, str]] = Field(default={}, description="extracted name: the service's word: ours, as state: {DONE: GRANTED}")
    operations: Annotated[dict[InnerName, Operation], Field(max_length=1000)]
    books: Books | None = None
    prepare: Prepare = Prepare()
    readback: ReadBack | None = None
    proof: Proof | None = None
    mark_echo: MarkEcho | None = None
    kill_switch: KillSwitch | None = None
    health: Health | None = None
    events: SystemEvents | None = None
    failover: FailoverFacts = FailoverFacts()
    handles: dict[InnerName, TemplateText | Places] = Field(
        default={}, description="how faults reach the parts: topology, proxy_api…; a list where one thing has several ways in"
    )
    admin: Annotated[dict[InnerName, AdminSwitch], Field(max_length=100)] = Field(
        default={}, description="what can be broken and mended at the handle http_admin"
    )
    toolkit: Toolkit = Field(default=Toolkit(), description="what actions of Chaos Toolkit's drivers break and mend; needs --allow-code")

    def handle_places(self) -> Iterator[tuple[str, str]]:
        """The name of each handle with each of its addresses."""
        for name, texts in self.handles.items():
            yield from ((name, text) for text in ((texts,) if isinstance(texts, str) else texts))

    @model_validator(mode="after")
    def _ciphers_are_there(self, info: ValidationInfo) -> "Target":
        if (info.context or {}).get(FOLDER) is not None:
            check_ciphers(self)
            check_decryption(self, _declared(self), code=True)
        return self

    @model_validator(mode="after")
    def _data_is_there(self, info: ValidationInfo) -> "Target":
        named = sorted(set(_DATA.findall(self.model_dump_json())))
        if self.data is None:
            for place, name in named_in(self.model_dump(), _DATA):
                raise Misfit(f"{{data.{name}}} needs data: {{file: people.csv}}", *place)
        elif (info.context or {}).get(FOLDER) is not None:
            try:
                columns = read_people(self.data).columns
            except BadInput as error:
                raise Misfit(str(error), "data", "file") from None
            for name in named:
                if name not in columns:
                    raise Misfit(f"{{data.{name}}} is no column of {self.data.file}; there are: {', '.join(columns)}", "data", "file")
        if self.books and PREFIX in self.books.account:
            raise Misfit("an account of the books is told by {customer} alone, for the judge has no other data", "books", "account")
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> "Target":
        for loc, service, path in _requests(self):
            if service not in self.services:
                raise Misfit(f"{loc[-1]} names the service {service!r}; there are: {', '.join(self.services)}", *loc, "service")
            _no_secret_in(path, *loc, "path")
        for loc, url in _urls(self):
            _no_secret_in(url, *loc)
        check_operations(self.operations, self.headers)
        check_session(self)
        check_operator(self)
        check_enrolled(self)
        _only_declared(self)
        _reached(self)
        _keys_declared(self)
        _known_here(self)
        check_decryption(self, _declared(self), code=False)
        bodies = (found.body_placeholders for found in self.operations.values())
        if self.signature and not self.signature.headers and not any("signature" in names for names in bodies):
            raise Misfit("nothing carries {signature}: no header of the signature's, no body of an operation", "signature", "headers")
        if self.signature and self.signature.secret not in self.secrets:
            raise Misfit(f"the signature's secret {self.signature.secret!r} is none of the declared secrets", "signature", "secret")
        return self


def _only_declared(target: Target) -> None:
    """What is asked for the system's own health and events is filled by nobody but its secrets."""
    declared = {f"secret.{name}" for name in _declared(target)}
    for place, asked in (("health", target.health), ("events", target.events)):
        for header, text in (asked.headers if asked else {}).items():
            if unknown := sorted(TextTemplate.of(text).placeholders - declared):
                raise Misfit(f"{{{unknown[0]}}} is none of the declared secrets", place, "headers", header)


def _reached(target: Target) -> None:
    """The admin interface has an address, and its requests hold no secret but declared ones, in no path; a world has one topology."""
    for name in ("topology", "proxy_api"):
        if not isinstance(target.handles.get(name, ""), str):
            raise Misfit("there is one; allowed: one address", "handles", name)
    if target.admin and not {"http_admin", "http-admin"} & set(target.handles):
        raise Misfit("its requests need an address: handles: {http_admin: …}", "admin")
    for name, switch in target.admin.items():
        for place, request in switch.requests.items():
            _no_secret_in(request.path, "admin", name, place, "path")
            for secret in sorted(placeholder for placeholder in request.placeholders if placeholder.startswith("secret.")):
                if secret.removeprefix("secret.") not in _declared(target):
                    raise Misfit(f"{{{secret}}} is none of the declared secrets", "admin", name, place)

    for at, name in target.toolkit.placeholders():
        if name.startswith("secret.") and name.removeprefix("secret.") not in _declared(target):
            raise Misfit(f"{{{name}}} is none of the declared secrets", *at)


def _known_here(target: Target) -> None:
    """Secrets are declared wherever they are named; what a signature brings is named where there is one."""
    tree, declared = target.model_dump(), _declared(target)
    for place, name in named_in(tree, _SECRET):
        if name not in declared:
            raise Misfit(f"{{secret.{name}}} is none of the declared secrets: {', '.join(declared) or 'none'}", *place)
    if target.signature is None:
        for place, _ in named_in(tree["operations"], _SIGNED):
            raise Misfit("{signature} is brought by nothing; say how requests are signed: signature: {…}", "operations", *place)


def _declared(target: Target) -> list[str]:
    return [*target.secrets, *(target.world.secrets if target.world else ())]


def _keys_declared(target: Target) -> None:
    """What filters are keyed with are declared secrets."""
    declared = _declared(target)
    for name in sorted(set(_KEYED.findall(target.model_dump_json()))):
        if name not in declared:
            raise Misfit(
                f"a filter is keyed with {name!r}, which is none of the declared secrets: {', '.join(declared) or 'none'}", "secrets"
            )


def _requests(target: Target) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Where the file names a service, which, and the path asked for there."""
    for name, operation in target.operations.items():
        yield ("operations", name), operation.service, operation.path
    for stage, steps in (("enrol", target.prepare.enrol), ("open", target.prepare.open)):
        yield from ((("prepare", stage, number), step.service, step.path) for number, step in enumerate(steps))
    for name, table in target.readback.tables.items() if target.readback else ():
        yield ("readback", "tables", name), table.service, table.whole_path
    for name, request in (target.operator.requests if target.operator else {}).items():
        yield ("operator", name), request.service, request.path
    for place, call in (("proof", target.proof), ("mark_echo", target.mark_echo)):
        if call is not None:
            yield (place,), call.service, call.path
    if target.kill_switch:
        for place in ("state", "pause", "resume"):
            call = getattr(target.kill_switch, place)
            yield ("kill_switch", place), call.service, call.path


def _urls(target: Target) -> Iterator[tuple[tuple[str, ...], str]]:
    """Where the file has an address in full."""
    yield from ((("services", name, "base"), service.base) for name, service in target.services.items())
    yield from ((("services", name, "also_at"), text) for name, service in target.services.items() for text in service.also_at)
    yield from ((("handles", name), text) for name, text in target.handle_places())
    for place, part in (("health", target.health), ("events", target.events)):
        if part is not None:
            yield (place, "url"), part.url


def _no_secret_in(url: str, *loc: str | int) -> None:
    if any(name.startswith("secret.") for name in TextTemplate.of(url).placeholders):
        raise Misfit("a secret never enters a URL, which is logged everywhere; send it in a header", *loc)
