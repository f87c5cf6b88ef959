"""A target: how a campaign service is reached, spoken to, understood, read back and healed. One file in `targets/` or a folder of them.

All of it is data. The model below is the file, field by field. `scenarios.target.operation_codec` compiles it for use.
"""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, model_validator

from scenarios.errors import Misfit
from scenarios.strict import Strict
from scenarios.target.fields import (
    BaseText,
    BodyTree,
    Description,
    FieldText,
    HeaderName,
    Headers,
    HeaderText,
    InnerName,
    Method,
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
from scenarios.target.readback import ReadBack
from scenarios.target.request_template import RequestTemplate
from scenarios.target.templates import JsonTemplate, Placeholder, TextTemplate
from scenarios.target.views import RowsView, Shows, StateView

SIGNED_NAMES = ("method", "path", "body", "timestamp", "nonce")
"""What a signed text may be made of, besides names with a dot that the run knows."""


class World(Strict):
    """A world that the door starts before the run and takes down after it: `python -m MODULE up|down`, which writes topology.json."""

    module: InnerName
    switches: dict[Name, SwitchValue | bool] = Field(default={}, description="how the world is to be, as it says itself what there is")
    secrets: dict[WorldVariable, InnerName] = Field(default={}, description="variable name: the topology's key whose value it takes")


class Service(Strict):
    """A base address that operations name."""

    base: BaseText


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


class Moves(Strict):
    """Money goes from one account to another: one posting, of one debit and one credit."""

    model_config = ConfigDict(serialize_by_alias=True)

    payer: TemplateText = Field(alias="from", description="the account that is debited")
    payee: TemplateText = Field(alias="to", description="the account that is credited")
    amount: Literal["asked", "shown"] = Field(default="asked", description="which figure is moved: the customer's, or the answer's")

    @property
    def terms(self) -> str:
        """Both parties as one template."""
        return moved_terms(self.payer, self.payee)


class Grants(Strict):
    """Something of a stock becomes the customer's."""

    item: TemplateText
    batch: TemplateText = ""
    face: TemplateText | None = Field(default=None, description="what it is worth, in fen: the plan's word, not the answer's")

    @property
    def terms(self) -> str:
        """Item and batch as one template."""
        return granted_terms(self.item, self.batch)


class Pays(Strict):
    """A promise that owes money later: credited once, in full, to the account of the customer whose effect it is."""

    model_config = ConfigDict(serialize_by_alias=True)

    payer: TemplateText = Field(alias="from", description="the account that it comes from")
    within_s: Patience = Field(default=60, description="from the effect to the payment")


def moved_terms(payer: object, payee: object) -> str:
    """The parties of a movement, as an ack's `terms` are the digest of."""
    return f"{payer}>{payee}"


def granted_terms(item: object, batch: object) -> str:
    """What is granted, as an ack's `terms` are the digest of."""
    return f"{item}/{batch}"


class Effect(Strict):
    """What a success of an effectful operation means."""

    business: TemplateText = Field(description="business key: whom the effect is for, what, in which period; 40 bytes at most")
    id: PathText | None = Field(default=None, description="where the answer names the effect; the read-back names it alike")
    amount: TemplateText | None = Field(default=None, description="the amount asked for, in fen")
    shown: PathText | None = Field(default=None, description="where the answer shows the amount, in fen after conversion")
    accepted: PredicateText | None = Field(default=None, description="a success that only promises a later terminal state")
    settles_within_s: Patience = 60
    moves: Moves | None = None
    grants: Grants | None = None
    pays: Pays | None = None

    @model_validator(mode="after")
    def _one_thing_at_a_time(self) -> "Effect":
        if self.moves and self.grants:
            raise Misfit("an effect either moves money or grants a thing", "grants")
        return self

    @property
    def terms(self) -> str | None:
        """Between whom, or for what: a template over what the customer knows; None where the file does not say."""
        owed = self.moves or self.grants
        return owed.terms if owed else None


class Books(Strict):
    """What the world owes to its customers before anybody comes."""

    account: TemplateText = Field(description="a customer's own account, from {customer}")
    opening: Literal["opening_balance_fen"] | None = Field(
        default="opening_balance_fen", description="what stands in it when the run begins; null where that is not known"
    )
    opened_from: InnerName | None = Field(
        default=None, description="the account that the opening balances come from, where they are posted"
    )


class Operation(Strict):
    """One logical operation: its request, and what to read from its answer."""

    service: InnerName
    method: Method = "GET"
    path: UrlPath
    headers: Headers = {}
    body: BodyTree = None
    authorised: bool = True
    effect: Effect | None = None
    shows: Shows | None = Field(default=None, description="of a read: what the customer learns from it")
    extract: dict[InnerName, PathText] = {}
    outcome: dict[OutcomeName, PredicateText] = Field(default={}, description="tried in this order; the target's own follow")
    timeout_s: float = Field(default=10, gt=0, le=600)

    @model_validator(mode="after")
    def _reads_show(self) -> "Operation":
        if self.shows and self.effect:
            raise Misfit("what changes something says what it shows as its effect's `shown`; allowed: `shows` beside a read", "shows")
        return self


class Signature(Strict):
    """How every request is signed: by an algorithm or by an installed hook, over which text, and in which headers it is sent."""

    algorithm: Literal["hmac-sha256", "hmac-sm3"] | None = None
    hook: InnerName | None = Field(default=None, description="entry point of the group stormdrill.signers; needs --allow-code")
    secret: Variable = Field(description="the declared secret that is the key")
    text: TemplateText = Field(
        default="{method}\n{path}\n{timestamp}\n{nonce}\n{body}", description="what is signed; the path as it is sent"
    )
    encoding: Literal["hex", "base64"] = "hex"
    timestamp: Literal["ms", "s"] = "ms"
    headers: Headers = Field(min_length=1, description="what is sent: {signature}, {timestamp}, {nonce}, {secret.NAME}")

    @model_validator(mode="after")
    def _one_signer_over_known_names(self) -> "Signature":
        if (self.algorithm is None) == (self.hook is None):
            raise Misfit("a signature has either an algorithm or a hook", "algorithm")
        if not any("{signature}" in value for value in self.headers.values()):
            raise Misfit("no header carries {signature}", "headers")
        for place, text, extra in [("text", self.text, ""), *(("headers", value, "signature") for value in self.headers.values())]:
            for placeholder in (part for part in TextTemplate.of(text).parts if isinstance(part, Placeholder)):
                if placeholder.filter or not ("." in placeholder.name or placeholder.name in (*SIGNED_NAMES, extra)):
                    allowed = ", ".join((*SIGNED_NAMES, extra) if extra else SIGNED_NAMES)
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


class Step(RequestTemplate):
    """A request of the control plane, before the run. With `over` it is sent for the customers or the prizes, `batch` at a time."""

    method: Method = "POST"
    body: BodyTree = Field(default=None, description="the placeholder {list} stands for the batch")
    over: Literal["customers", "prizes"] | None = None
    each: BodyTree = Field(default=None, description="what stands for one customer or prize in the list")
    batch: int = Field(default=1000, ge=1, le=100_000)
    expect: PredicateText = "http in [200, 201, 202, 204]"


class Prepare(Strict):
    """What is done before customers come: `enrol` makes the people known, `open` sets the campaign up around T0."""

    enrol: list[Step] = []
    open: list[Step] = []


SystemKind = Literal[
    "detected", "fencing", "promoting", "promoted", "repointed", "degraded", "rejoined", "redundant",
    "breaker_opened", "breaker_half_opened", "breaker_closed", "other",
]  # fmt: skip


class SystemEvents(Strict):
    """Where the system tells of its own detections and promotions, on this machine's monotonic clock."""

    url: UrlText
    headers: dict[str, TemplateText] = Field(default={}, description="of that request; of placeholders only {secret.NAME}")
    rows: PathText = "$.events"
    fields: dict[str, FieldText] = {"kind": "$.kind", "monotonic_ns": "$.monotonic_ns", "seq": "$.seq"}
    kinds: dict[str, SystemKind] = {}


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


SECTIONS: Final = frozenset(
    {("services",), ("operations",), ("prepare",), ("readback",), ("readback", "tables"), ("words",), ("refusals",)}
)
"""What several files of one target may fill together; everything else stands whole in one of them."""


class Target(Strict):
    """A target file, or all files of a target's folder together."""

    name: Name
    describe: Description
    world: World | None = None
    services: Annotated[dict[InnerName, Service], Field(max_length=100)]
    secrets: list[Variable] = Field(default=[], description="environment variables, known as {secret.NAME}; written nowhere")
    test_mark: Header = Header(header="X-Pressure-Test", value="true")
    authorisation: Header = Header(header="Authorization", value="Bearer {token}")
    signature: Signature | None = None
    headers: Headers = Field(default={}, description="carried by every request of a customer")
    idempotency: Idempotency = Idempotency()
    site: PathText | None = Field(default=None, description="where an answer names the data centre that gave it")
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
    handles: dict[InnerName, TemplateText] = Field(default={}, description="how faults reach the parts: topology, proxy_api…")

    @model_validator(mode="after")
    def _fits_together(self) -> "Target":
        for loc, service, path in _requests(self):
            if service not in self.services:
                raise Misfit(f"{loc[-1]} names the service {service!r}; there are: {', '.join(self.services)}", *loc, "service")
            _no_secret_in(path, *loc, "path")
        for loc, url in _urls(self):
            _no_secret_in(url, *loc)
        for name, operation in self.operations.items():
            _told_somewhere(name, operation, self)
            _shown_of_effects(name, operation, self)
        _only_declared(self)
        if self.signature and self.signature.secret not in self.secrets:
            raise Misfit(f"the signature's secret {self.signature.secret!r} is none of the declared secrets", "signature", "secret")
        return self


def _only_declared(target: Target) -> None:
    """What is asked for the system's own health and events is filled by nobody but its secrets."""
    declared = {f"secret.{name}" for name in [*target.secrets, *(target.world.secrets if target.world else ())]}
    for place, asked in (("health", target.health), ("events", target.events)):
        for header, text in (asked.headers if asked else {}).items():
            if unknown := sorted(TextTemplate.of(text).placeholders - declared):
                raise Misfit(f"{{{unknown[0]}}} is none of the declared secrets", place, "headers", header)


def _requests(target: Target) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Where the file names a service, which, and the path asked for there."""
    for name, operation in target.operations.items():
        yield ("operations", name), operation.service, operation.path
    for stage, steps in (("enrol", target.prepare.enrol), ("open", target.prepare.open)):
        yield from ((("prepare", stage, number), step.service, step.path) for number, step in enumerate(steps))
    for name, table in target.readback.tables.items() if target.readback else ():
        yield ("readback", "tables", name), table.service, table.whole_path
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
    yield from ((("handles", name), handle) for name, handle in target.handles.items())
    for place, part in (("health", target.health), ("events", target.events)):
        if part is not None:
            yield (place, "url"), part.url


def _told_somewhere(name: str, operation: Operation, target: Target) -> None:
    """What an effect's terms name is said in its own request, or by some answer, or is the run's."""
    terms = operation.effect.terms if operation.effect else None
    if terms is None:
        return
    texts = [TextTemplate.of(operation.path), *(TextTemplate.of(value) for value in {**target.headers, **operation.headers}.values())]
    said = frozenset().union(
        {"customer"}, *(text.placeholders for text in texts), JsonTemplate.of(operation.body).placeholders if operation.body else ()
    )
    told = {extracted for other in target.operations.values() for extracted in other.extract}
    for placeholder in sorted(TextTemplate.of(terms).placeholders):
        if "." not in placeholder and placeholder not in said and placeholder not in told:
            allowed = ", ".join(sorted(said | told))
            place = "moves" if operation.effect and operation.effect.moves else "grants"
            raise Misfit(f"{{{placeholder}}} is known to nobody; allowed: {allowed}", "operations", name, "effect", place)


def _shown_of_effects(name: str, operation: Operation, target: Target) -> None:
    """What is shown of effects is of an operation that has one."""
    for view in operation.shows.views if operation.shows else ():
        if isinstance(view, StateView | RowsView) and ((of := target.operations.get(view.of)) is None or of.effect is None):
            allowed = ", ".join(sorted(other for other, found in target.operations.items() if found.effect)) or "none"
            raise Misfit(f"{view.of!r} is no operation with an effect; there are: {allowed}", "operations", name, "shows")


def _no_secret_in(url: str, *loc: str | int) -> None:
    if any(name.startswith("secret.") for name in TextTemplate.of(url).placeholders):
        raise Misfit("a secret never enters a URL, which is logged everywhere; send it in a header", *loc)
