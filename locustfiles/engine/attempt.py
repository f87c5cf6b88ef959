"""One attempt under way, from the moment it is due to its answer; and the operation that it is an attempt of."""

from collections.abc import Callable
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from locustfiles.crowd.customer import NEVER_NS
from locustfiles.crowd.customer import Session as CustomerSession
from locustfiles.engine.effect_texts import EffectTexts
from scenarios.run.outcomes import Outcome, Probe
from scenarios.run.records import NO_AMOUNT, Slot
from scenarios.target.addresses import Address
from scenarios.target.operation_codec import Answer, OperationCodec
from scenarios.target.request_encoder import Args, Session
from scenarios.target.response_decoder import ResponseDecoder
from scenarios.target.responses import Response
from scenarios.target.services import Tls
from scenarios.target.view_reading import Subject

_NO_PROBE = Probe.NONE

Endpoint = tuple[str, int, bool]
"""Host, port, and whether TLS is spoken there."""


class Place(NamedTuple):
    """Where something is asked, and by which connections."""

    endpoint: Endpoint
    tls: Tls | None
    others: tuple[Address, ...]  # where the same is to be had besides
    keep_alive: bool  # False: each attempt has a connection of its own


class AttemptSender(Protocol):
    """Sends attempts, each on a connection to one endpoint."""

    def submit(self, attempt: "Attempt", /) -> None:
        """Sends it as soon as there is a connection."""

    def submit_reconnected(self, attempt: "Attempt", /) -> None:
        """Sends it for somebody who has lost their connection."""

    def overdue(self, attempt: "Attempt", /) -> None:
        """It has waited for a connection as long as an answer may take."""


class Views(Protocol):
    """What the answers of a read show, or tell of an effect, kept of a sample of customers."""

    def subjects(self, args: Args, session: Session, customer: int, /) -> tuple[Subject | None, ...] | None:
        """Whom or what each is of; None for a customer who is not in the sample."""

    def keep(self, attempt: "Attempt", outcome: Outcome, response: Response, write: "Keep", /) -> None:
        """Writes down what the answer shows."""


Keep = Callable[["Attempt", int, int, int, int, bytes], None]
"""Writes down what an attempt's answer shows: the view's number, the digest of its subject, its value, an effect's amount in fen, and the
site that answered."""


class Operation:
    """One operation of the target, ready to be asked: in what bytes, on whose connections, for how long; and its answers understood."""

    pool: AttemptSender
    """Set by the engine; several operations share one."""

    def __init__(self, codec: OperationCodec, views: Views | None = None) -> None:
        """Compiles the operation's texts to bytes. `views` are those of a read that shows something, or what an effect tells."""
        url = urlsplit(codec.base)
        tls = url.scheme == "https"
        self.encode, self.encode_keyed = codec.encoder.encode_keyless, codec.encoder.encode_keyed
        """Its requests as bytes, without an idempotency key and with one."""
        self.effect = EffectTexts(codec)
        self.decoder = ResponseDecoder(codec)
        self.name = codec.name
        self.index = codec.index
        self.effectful = codec.effectful
        self.before = codec.before
        self.outputs = codec.outputs
        self.timeout_ns = int(codec.timeout_s * 1e9)
        self.views = views
        self.endpoint: Endpoint = (url.hostname or "", url.port or (443 if tls else 80), tls)
        self.place = Place(self.endpoint, codec.tls, codec.others, codec.keep_alive)


class AttemptOwner(Protocol):
    """Whoever waits for an attempt's answer."""

    def answered(self, attempt: "Attempt", answer: Answer, /) -> None:
        """The attempt has ended; its times and status stand in the attempt."""


class SessionOwner(AttemptOwner, Protocol):
    """Whoever waits for the answer to what is asked by a token that runs out."""

    def outlived(self, attempt: "Attempt", /) -> bool:
        """The token's time came before the attempt could leave. Whether something else is done about it; else it leaves."""


class Attempt:
    """An attempt. Times are on CLOCK_MONOTONIC in nanoseconds; used again and again."""

    __slots__ = (
        "asked_fen",
        "attempt_number",
        "business",
        "connect_us",
        "customer",
        "data",
        "deadline_ns",
        "done_ns",
        "flags",
        "good_until_ns",
        "intended_ns",
        "key",
        "operation",
        "operation_id",
        "owner",
        "pool_us",
        "probe",
        "queued",
        "queued_ns",
        "ready_ns",
        "resent",
        "retry_after",
        "sent_ns",
        "session",
        "size",
        "slot",
        "status",
        "subjects",
        "terms",
        "wheel_ns",
    )

    owner: AttemptOwner
    operation: Operation
    customer: int
    operation_id: int
    attempt_number: int  # 1 is the first with its idempotency key
    flags: int  # FLAG_*
    data: bytes  # the request
    good_until_ns: int  # when the token in it is to be renewed: it leaves before, or its owner is asked
    session: CustomerSession | None  # whose cookies go with it, and who gets its answer's
    intended_ns: int
    ready_ns: int
    queued_ns: int  # since when it waits, or waited, for a connection; 0 where it did not
    sent_ns: int  # 0 until sent
    done_ns: int
    pool_us: int
    connect_us: int
    status: int
    size: int
    key: int
    probe: Probe
    business: bytes
    asked_fen: int  # NO_AMOUNT where there is none; of an effectful attempt
    terms: int  # digest of the parties or the item asked for, 0 where none
    subjects: tuple[Subject | None, ...] | None  # of a read that shows something: of whom or what; None where it is not kept
    slot: Slot | None  # its ack, until that is complete
    retry_after: str  # of an attempt that was shed
    resent: bool
    queued: bool  # it waits for a connection now
    deadline_ns: int
    wheel_ns: int

    def __init__(self) -> None:
        """An attempt of nothing yet."""
        self.wheel_ns = 0
        self.deadline_ns = 0
        self.queued = False
        self.asked_fen = NO_AMOUNT
        self.terms = 0
        self.retry_after = ""
        self.slot = None
        self.session = None

    def begin(self, owner: AttemptOwner, operation: Operation, customer: int, operation_id: int, attempt_number: int) -> None:
        """Becomes a new attempt, and forgets the one before."""
        self.owner = owner
        self.operation = operation
        self.customer = customer
        self.operation_id = operation_id
        self.attempt_number = attempt_number
        self.flags = 0
        self.sent_ns = 0
        self.pool_us = 0
        self.connect_us = 0
        self.queued_ns = 0
        self.key = 0
        self.probe = _NO_PROBE
        self.resent = False
        self.good_until_ns = NEVER_NS

    def end_unanswered(self, now_ns: int) -> None:
        """No answer has come, and none will."""
        self.done_ns = now_ns
        self.status = 0
        self.size = 0

    def expire(self, now_ns: int) -> None:  # noqa: ARG002 - the wheel's signature
        """It has waited too long for a connection."""
        self.deadline_ns = 0
        self.operation.pool.overdue(self)
