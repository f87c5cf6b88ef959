"""A target: how a campaign service is reached, spoken to, understood, read back and healed. One file in `targets/`, all data.

The model below is the file, field by field. `scenarios.speech` compiles it for use.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

from scenarios.errors import BadInput, Misfit
from scenarios.predicates import compile_predicate
from scenarios.reply import compile_path
from scenarios.template import Body, Text


class Strict(BaseModel):
    """A part of a file: unknown keys are refused, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _checked(compile_it: object) -> AfterValidator:
    def check(source: str) -> str:
        try:
            compile_it(source)  # type: ignore[operator]  # one of the compilers below
        except BadInput as error:
            raise ValueError(str(error)) from None
        return source

    return AfterValidator(check)


PredicateText = Annotated[str, _checked(compile_predicate)]
PathText = Annotated[str, _checked(compile_path)]
TemplateText = Annotated[str, _checked(Text.of)]
OutcomeName = Literal["success", "refusal", "challenge", "shed", "failure", "unknown"]


class World(Strict):
    """A world that the door starts before the run and takes down after it: `python -m MODULE up|down`, which writes topology.json."""

    module: str
    switches: dict[str, str | bool] = Field(default={}, description="options passed to `up`, as --name value, or --name where true")
    secrets: dict[str, str] = Field(default={}, description="variable name: the topology's key whose value it takes")


class Service(Strict):
    """A base address that operations name."""

    base: TemplateText


class Header(Strict):
    """A header that every request carries."""

    header: str
    value: TemplateText = ""


class Idempotency(Strict):
    """How the idempotency key travels, and how the service answers when it is missing, misused or still running."""

    header: str | None = "Idempotency-Key"
    body_field: str | None = Field(default=None, description="top-level field of the JSON body, where the key is no header")
    missing: PredicateText = "http == 400"
    mismatch: PredicateText = "http == 422"
    in_progress: PredicateText = "http == 409"


class Effect(Strict):
    """What a success of an effectful operation means."""

    business: TemplateText = Field(description="business key: whom the effect is for, what, in which period; 40 bytes at most")
    id: PathText | None = Field(default=None, description="where the answer names the effect; the read-back names it alike")
    amount: TemplateText | None = Field(default=None, description="the amount asked for, in fen")
    shown: PathText | None = Field(default=None, description="where the answer shows the amount, in fen after conversion")
    accepted: PredicateText | None = Field(default=None, description="a success that only promises a later terminal state")
    settles_within_s: float = Field(default=60, gt=0)


class Operation(Strict):
    """One logical operation: its request, and what to read from its answer."""

    service: str
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    path: TemplateText
    headers: dict[str, TemplateText] = {}
    body: JsonValue = None
    authorised: bool = True
    effect: Effect | None = None
    extract: dict[str, PathText] = {}
    outcome: dict[OutcomeName, PredicateText] = Field(default={}, description="tried in this order; the target's own follow")
    timeout_s: float = Field(default=10, gt=0, le=600)

    @model_validator(mode="after")
    def _body_compiles(self) -> "Operation":
        try:
            Body.of(self.body)
        except BadInput as error:
            raise ValueError(str(error)) from None
        return self


class Step(Strict):
    """A request of the control plane, before the run. With `over` it is sent for the customers or the prizes, `batch` at a time."""

    service: str
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    path: TemplateText
    headers: dict[str, TemplateText] = {}
    body: JsonValue = Field(default=None, description="the hole {list} stands for the batch")
    over: Literal["customers", "prizes"] | None = None
    each: JsonValue = Field(default=None, description="what stands for one customer or prize in the list")
    batch: int = Field(default=1000, ge=1)
    expect: PredicateText = "http in [200, 201, 202, 204]"


class Prepare(Strict):
    """What is done before customers come: `enrol` makes the people known, `open` sets the campaign up around T0."""

    enrol: list[Step] = []
    open: list[Step] = []


class Source(Strict):
    """One table of the read-back: paged requests, and the fields of its rows under our names."""

    role: Literal["effects", "stock", "ledger", "accounts", "windows", "audit"]
    service: str
    path: TemplateText = Field(description="{cursor} is empty on the first page")
    headers: dict[str, TemplateText] = {}
    rows: PathText = "$.rows"
    next: PathText | None = Field(default="$.next", description="where the next page's cursor stands; no page follows a null")
    where: dict[str, list[JsonValue]] = Field(default={}, description="keep only rows whose field has one of these values")
    fields: dict[str, str] = Field(description="our name: a path in the row, or 'text' in quotes for a constant")
    business: TemplateText | None = Field(default=None, description="business key from our names, as the operation's effect spells it")
    final: list[str] = Field(default=[], description="states that are terminal; empty: every state is")


class ReadBack(Strict):
    """What the system says afterwards."""

    tables: dict[str, Source]
    timeout_s: float = Field(default=60, gt=0)


class SystemEvents(Strict):
    """Where the system tells of its own detections and promotions, on this machine's monotonic clock."""

    url: TemplateText
    rows: PathText = "$.events"
    fields: dict[str, str] = {"kind": "$.kind", "monotonic_ns": "$.monotonic_ns", "seq": "$.seq"}
    kinds: dict[str, Literal["detected", "fencing", "promoting", "promoted", "repointed", "degraded", "rejoined", "other"]] = {}


class Proof(Strict):
    """A request whose answer echoes the nonce that the world was started with."""

    service: str
    path: TemplateText
    nonce: PathText


class Health(Strict):
    """When the system counts as whole: one writer, its synchronous standby, all nodes serving."""

    url: TemplateText
    healthy: PredicateText
    reason: PathText | None = None


class Target(Strict):
    """A target file."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    describe: str
    world: World | None = None
    services: dict[str, Service]
    secrets: list[str] = Field(default=[], description="environment variables, known as {secret.NAME}; written nowhere")
    test_mark: Header = Header(header="X-Pressure-Test", value="true")
    authorisation: Header = Header(header="Authorization", value="Bearer {token}")
    headers: dict[str, TemplateText] = Field(default={}, description="carried by every request of a customer")
    idempotency: Idempotency = Idempotency()
    site: PathText | None = Field(default=None, description="where an answer names the data centre that gave it")
    outcome: dict[OutcomeName, PredicateText] = Field(default={}, description="predicates for what an operation's own leave open")
    operations: dict[str, Operation]
    prepare: Prepare = Prepare()
    readback: ReadBack | None = None
    proof: Proof | None = None
    health: Health | None = None
    events: SystemEvents | None = None
    handles: dict[str, TemplateText] = Field(default={}, description="how faults reach the parts: topology, proxy_api, gateway_socket…")

    @model_validator(mode="after")
    def _services_are_known(self) -> "Target":
        users = [(name, operation.service) for name, operation in self.operations.items()]
        users += [(f"prepare {step.path}", step.service) for step in self.prepare.enrol + self.prepare.open]
        users += [(f"readback {name}", table.service) for name, table in self.readback.tables.items()] if self.readback else []
        users += [("proof", self.proof.service)] if self.proof else []
        for name, service in users:
            if service not in self.services:
                raise Misfit(f"{name} names the service {service!r}; there are: {', '.join(self.services)}", "operations", name, "service")
        return self
