"""What a master and its workers say to each other: one model per message, which both ends import.

They travel as mappings inside Locust's own messages, of the type UP from a worker and DOWN from the master. What does not fit its
model was never said: whoever hears it says so in one sentence, and has no more to do with the other side.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, TypeAdapter, ValidationError

from locustfiles.distributed.build_fingerprint import BuildFingerprint
from scenarios.errors import StormdrillError
from scenarios.run.folder import Plan

UP, DOWN = "stormdrill_up", "stormdrill_down"
"""Locust's types of our messages: from worker to master, and back."""

_LONGEST_TEXT = 2000
_MOST_NS = 1 << 62
_SHOWN = 240

Decoded = TypeVar("Decoded")


class BadMessage(StormdrillError):
    """Something came that is no message, or not a whole one."""


def _harmless(text: str) -> str:
    """Another machine's words are shown on ours: no control characters, no line breaks, no end of it."""
    return "".join(each if each.isprintable() else "?" for each in text[:_LONGEST_TEXT])


Words = Annotated[str, AfterValidator(_harmless)]
Nanoseconds = Annotated[int, Field(ge=-_MOST_NS, le=_MOST_NS)]
Count = Annotated[int, Field(ge=0, le=_MOST_NS)]
Milliseconds = Annotated[float, Field(ge=0)]


def _read_plan(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return Plan.model_validate_json(value)
    except ValidationError as error:
        raise ValueError(f"it is no plan of this version: {_first(error)}") from None


SentPlan = Annotated[Plan, BeforeValidator(_read_plan), PlainSerializer(lambda plan: plan.model_dump_json(), return_type=str)]
"""A run's plan, as JSON on its way."""


class _Message(BaseModel):
    """Frozen and strict: what does not fit is refused."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class Hello(_Message):
    """A worker makes itself known."""

    kind: Literal["hello"] = "hello"
    host: Words
    pid: Count
    cores: Count
    build: BuildFingerprint | None  # None on the master's own machine, whose processes are all alike


class Ping(_Message):
    """A worker lives, and asks for the time."""

    kind: Literal["ping"] = "ping"
    sent_ns: Nanoseconds  # on the worker's monotonic clock


class Ready(_Message):
    """A worker has built all that does not need T0."""

    kind: Literal["ready"] = "ready"


class Unfit(_Message):
    """A worker cannot do its work."""

    kind: Literal["unfit"] = "unfit"
    reason: Words


class FileBatch(_Message):
    """A piece of a file of the run folder: bytes from `at` on or, where there are `rows`, whole records at those numbers."""

    kind: Literal["batch"] = "batch"
    seq: Count
    file: Words  # as samples/load-0.bin
    at: Count
    rows: bytes  # numbers of the records as little-endian int64
    data: bytes


class ClockError(_Message):
    """How well a worker knows T0 on its own clock, and how far that has drifted since the run began."""

    kind: Literal["clock"] = "clock"
    error_ms: Milliseconds
    drift_ms: Milliseconds


class Ended(_Message):
    """A worker's load has ended, and all it has recorded is at the master; or why not."""

    kind: Literal["ended"] = "ended"
    failure: Words


class ShowPlan(_Message):
    """What is to be done; T0 is not fixed yet."""

    kind: Literal["plan"] = "plan"
    plan: SentPlan
    machine: Words  # the master's


class Pong(_Message):
    """The answer to a ping."""

    kind: Literal["pong"] = "pong"
    sent_ns: Nanoseconds  # as the ping said
    master_ns: Nanoseconds  # on the master's monotonic clock


class Refused(_Message):
    """A worker is not taken."""

    kind: Literal["refused"] = "refused"
    reason: Words


class Begin(_Message):
    """T0 is fixed, on the master's monotonic clock; this worker takes the arrivals i with i mod `workers` = `worker`."""

    kind: Literal["begin"] = "begin"
    plan: SentPlan
    worker: Count
    workers: Annotated[int, Field(ge=1)]
    folder: str  # the run folder, where both share it; else empty


class Taken(_Message):
    """The master has written all batches before this number."""

    kind: Literal["taken"] = "taken"
    upto: Count


class Halt(_Message):
    """The load is to end now; `reason` where it is the worker's own fault."""

    kind: Literal["halt"] = "halt"
    reason: Words


class Farewell(_Message):
    """The master has heard that the worker has ended."""

    kind: Literal["farewell"] = "farewell"


class CrowdFigures(_Message):
    """A crowd at one moment; goes with Locust's own reports."""

    customers: Count = 0  # on their journeys
    in_flight: Count = 0  # attempts sent and not answered
    connection_queue: Count = 0  # attempts that wait for a connection

    def __add__(self, other: "CrowdFigures") -> "CrowdFigures":
        """Both crowds together."""
        return CrowdFigures(**{name: value + getattr(other, name) for name, value in self})


FromWorker = Hello | Ping | Ready | Unfit | FileBatch | ClockError | Ended
FromMaster = ShowPlan | Pong | Refused | Begin | Taken | Halt | Farewell

_from_worker: TypeAdapter[FromWorker] = TypeAdapter(Annotated[FromWorker, Field(discriminator="kind")])
_from_master: TypeAdapter[FromMaster] = TypeAdapter(Annotated[FromMaster, Field(discriminator="kind")])


def encode(message: FromWorker | FromMaster) -> dict[str, Any]:
    """It, as Locust sends it."""
    return message.model_dump()


def from_worker(data: object) -> FromWorker:
    """What a worker has said. Raises BadMessage."""
    return _decoded(_from_worker.validate_python, data)


def from_master(data: object) -> FromMaster:
    """What the master has said. Raises BadMessage."""
    return _decoded(_from_master.validate_python, data)


def crowd_figures(data: object) -> CrowdFigures:
    """What goes with a report of Locust's. Raises BadMessage."""
    return _decoded(CrowdFigures.model_validate, data)


def _decoded(validate: Callable[[object], Decoded], data: object) -> Decoded:
    try:
        return validate(data)
    except ValidationError as error:
        raise BadMessage(f"it said what is not understood: {_harmless(_first(error))[:_SHOWN]}") from None


def _first(error: ValidationError) -> str:
    """The first of what is wrong, and where; nothing of what was said."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return ": ".join([*(str(part) for part in first["loc"]), first["msg"]])
