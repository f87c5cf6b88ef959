"""One attempt under way, from the moment it is due to its answer."""

from typing import TYPE_CHECKING, Protocol

from scenarios.run.outcomes import Probe
from scenarios.run.records import NO_AMOUNT, Slot
from scenarios.target.operation_codec import Answer

if TYPE_CHECKING:
    from locustfiles.engine.request_encoder import Prepared

_NO_PROBE = Probe.NONE


class Owner(Protocol):
    """Whoever waits for an attempt's answer."""

    def answered(self, call: "Call", answer: Answer, /) -> None:
        """The attempt has ended; its times and status stand in the call."""


class Call:
    """An attempt. Times are on CLOCK_MONOTONIC in nanoseconds; used again and again."""

    __slots__ = (
        "asked_fen",
        "attempt",
        "business",
        "connect_us",
        "customer",
        "data",
        "deadline_ns",
        "done_ns",
        "flags",
        "intended_ns",
        "key",
        "operation",
        "owner",
        "pool_us",
        "prepared",
        "probe",
        "queued_ns",
        "ready_ns",
        "resent",
        "retry_after",
        "sent_ns",
        "size",
        "slot",
        "status",
        "terms",
        "waiting",
        "wheel_ns",
    )

    owner: Owner
    prepared: "Prepared"
    customer: int
    operation: int
    attempt: int  # 1 is the first with its idempotency key
    flags: int  # FLAG_*
    data: bytes  # the request
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
    slot: Slot | None  # its ack, until that is complete
    retry_after: str  # of an attempt that was shed
    resent: bool
    waiting: bool
    deadline_ns: int
    wheel_ns: int

    def __init__(self) -> None:
        """An attempt of nothing yet."""
        self.wheel_ns = 0
        self.deadline_ns = 0
        self.waiting = False
        self.asked_fen = NO_AMOUNT
        self.terms = 0
        self.retry_after = ""
        self.slot = None

    def begin(self, owner: Owner, prepared: "Prepared", customer: int, operation: int, attempt: int) -> None:
        """Becomes a new attempt, and forgets the one before."""
        self.owner = owner
        self.prepared = prepared
        self.customer = customer
        self.operation = operation
        self.attempt = attempt
        self.flags = 0
        self.sent_ns = 0
        self.pool_us = 0
        self.connect_us = 0
        self.queued_ns = 0
        self.key = 0
        self.probe = _NO_PROBE
        self.resent = False

    def end_unanswered(self, now_ns: int) -> None:
        """No answer has come, and none will."""
        self.done_ns = now_ns
        self.status = 0
        self.size = 0

    def expire(self, now_ns: int) -> None:  # noqa: ARG002 - the wheel's signature
        """It has waited too long for a connection."""
        self.deadline_ns = 0
        self.prepared.pool.overdue(self)
