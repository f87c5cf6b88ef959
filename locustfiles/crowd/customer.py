"""A customer as a journey sees them: what they know, want and draw; how patient they are. No I/O, no clock, no engine."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from locustfiles.crowd.enquiries import phrase
from locustfiles.crowd.invite_graph import Invitation
from locustfiles.crowd.journey_steps import Ask, Journey, Think
from locustfiles.crowd.seeded_random import STREAM_VISITS, Draws, draw
from locustfiles.crowd.shared_facts import Sale, SharedFacts
from scenarios.plan.crowd import PauseName
from scenarios.run.outcomes import CORRECT, Outcome, Probe
from scenarios.target.operation_codec import Answer
from scenarios.wire.cookies import CookieJar

NEVER_NS = 1 << 62

NOTHING = Answer(Outcome.SUCCESS)
"""What a journey receives after a pause."""

OUTCOME_ONLY = (NOTHING, *(Answer(outcome) for outcome in sorted(Outcome)))
"""By outcome, whose values begin at 1: answers of which only that is kept, shared by all customers; a hundred thousand may think."""

_FAILED = {"payment": "payment.failed", "collection": "payment.failed", "transfer": "transfer.failed"}
"""What is asked about where such an operation has failed."""

_NO_ARGS: dict[str, object] = {}
_NO_PROBE = Probe.NONE


@lru_cache(maxsize=1024)
def _plain(operation: str) -> Ask:
    """The question that most customers ask: an operation and nothing else."""
    return Ask(operation, _NO_ARGS, None, 0.0, _NO_PROBE)


_UUID_ODD = 0x2545F4914F6CDD1D
_62_BITS, _44_BITS = (1 << 62) - 1, (1 << 44) - 1
_UUID_VARIANT = 1 << 63


class Session(dict[str, object]):
    """What a customer has been told, by name; what needs no telling is found when asked for."""

    __slots__ = ("cookies", "number", "shared")

    def __init__(self, shared: SharedFacts, number: int) -> None:
        """Knows nothing yet but their own number."""
        self.cookies: CookieJar | None = None  # made when the first comes
        self.shared = shared
        self.number = number
        self["customer"] = number

    def __missing__(self, name: str) -> object:
        """What is known without having been told. Raises KeyError for anything else."""
        found = self.shared.fact(self.number, name)
        if name == "device":
            self[name] = found  # goes with every request
        return found

    def learn(self, told: Mapping[str, object]) -> None:
        """Keeps what an answer tells; what it says nothing of stays as it is."""
        if None in told.values():
            told = {name: value for name, value in told.items() if value is not None}
        self.update(told)


@dataclass(frozen=True, slots=True)
class PlannedAttempt:
    """One try of something a customer wants badly."""

    key: int
    tap: int
    retry: int  # 0 is the tap itself, above it the app's automatic retries


class Customer(Draws):
    """One customer on one visit. A hundred thousand of them may think at once, so each is kept small."""

    __slots__ = ("_at", "_drawn", "_pause_s", "last", "origin", "retry_after_s", "session")

    session_until_ns: int = NEVER_NS
    """When the token that they have is to be renewed; from then on nothing leaves by it."""

    def __init__(self, shared: SharedFacts, number: int, origin: int) -> None:
        """`origin` is the operation id of the visit's step 0, from which its draws and its keys derive."""
        self._at = 0  # draws so far
        self._drawn = 0  # keys so far
        self.origin = origin
        self.session = Session(shared, number)
        self.last = NOTHING  # what came of the last question; what it told stands in the session
        self.retry_after_s = 0.0  # what the last answer asked to wait
        self._pause_s = 0.0

    def uniform(self) -> float:
        """This visit's next draw in (0, 1)."""
        self._at = number = self._at + 1
        return draw(self.session.shared.seed, STREAM_VISITS + (self.origin >> 16 & _44_BITS), number - 1)

    @property
    def chance(self) -> Draws:
        """This visit's own draws."""
        return self

    @property
    def shared(self) -> SharedFacts:
        """What all customers of the run share."""
        return self.session.shared

    @property
    def number(self) -> int:
        """Which of the population this is."""
        return self.session.number

    @property
    def at_s(self) -> float:
        """Seconds since T0, kept by whoever drives the journey."""
        raise NotImplementedError

    @property
    def sale(self) -> Sale:
        """The flash sale."""
        return self.shared.sale

    @property
    def wish(self) -> str:
        """The prize wanted."""
        session = self.session
        return session.shared.wish(session.number)

    @property
    def invitation(self) -> Invitation | None:
        """By whom they are invited, if by anybody."""
        return self.shared.invitations.get(self.number)

    def succeeded(self) -> bool:
        """Whether the last question was answered with success."""
        return self.last.outcome is Outcome.SUCCESS

    def knows(self, name: str) -> bool:
        """Whether an answer has told them that."""
        return self.session.get(name) is not None

    def tell_another(self, *names: str) -> bool:
        """From here on it is the next customer who acts, and of what this one knows they know only these. False where there is no other."""
        told = {name: self.session[name] for name in names if self.knows(name)}
        number = (self.number + 1) % self.shared.customers
        if number == self.number or not told:
            return False
        self.session = Session(self.shared, number)
        self.session.update(told)
        return True

    def new_key(self) -> int:
        """A fresh idempotency key: no two are alike, and like a UUID they lie anywhere in an index.

        64 bits: the second half of the UUID, which is the same in all runs of a seed; the first tells runs apart.
        """
        self._drawn = drawn = self._drawn + 1
        return _UUID_VARIANT | (self.origin + drawn) * _UUID_ODD & _62_BITS

    def offered(self, operation: str) -> bool:
        """Whether the target has it: a journey may leave out what is no campaign's own, and goes on without."""
        return operation in self.shared.operations

    def order_id(self) -> str:
        """A fresh order number."""
        return f"o-{self.shared.tag}-{self.new_key() & _62_BITS:016x}"

    def thinks(self, about: PauseName) -> Think:
        """A pause of the kind that the crowd's profile names so."""
        return self.session.shared.pauses[about]

    def ask(self, operation: str, *, key: int | None = None, probe: Probe = _NO_PROBE, **args: object) -> Ask:
        """One attempt of an operation. An effectful one gets a fresh key where none is given; the same key again retries the operation."""
        after_s = self._pause_s
        if after_s:
            self._pause_s = 0.0
        elif key is None and not args and not probe:
            return _plain(operation)
        return Ask(operation, args or _NO_ARGS, key, after_s, probe)

    def patience(self) -> Iterator[PlannedAttempt]:
        """Tries until the customer is tired of it; ask with each attempt's key, and break when content.

        Every tap has a new key. The app itself repeats with the same key where nobody knows what happened or the service sheds load,
        with full jitter. Polite apps wait as long as Retry-After says, others do not care.
        """
        habits = self.shared.patience_of(self.number)
        polite = self.chance.happens(habits.polite)
        leaves_s = self.at_s + (habits.early_s if self.chance.happens(habits.leaves_early) else habits.late_s)
        for tap in range(1, self.chance.geometric(habits.taps_mean) + 1):
            key = self.new_key()
            for retry in range(self.chance.below(habits.automatic_retries + 1) + 1):
                yield PlannedAttempt(key, tap, retry)
                if self.last.outcome not in (Outcome.UNKNOWN, Outcome.SHED):
                    break
                if self.at_s > leaves_s:
                    return
                self._wait(self.chance.between(0, min(habits.backoff_s * 2**retry, habits.backoff_most_s)), polite=polite)
            self._wait(self.chance.log_normal(habits.gap_median_s, habits.gap_p95_s), polite=polite)
            if self.at_s + self._pause_s > leaves_s:
                break
        self._pause_s = 0.0

    def insists_on(self, operation: str, **args: object) -> Journey:
        """Tries something until there is a yes or a no, or patience ends; `yield from` it."""
        for attempt in self.patience():
            answer = yield self.ask(operation, key=attempt.key, probe=_NO_PROBE, **args)
            if answer.outcome in CORRECT:
                return
        yield from self.grumbles(operation)

    def grumbles(self, operation: str) -> Journey:
        """What follows, as often as the crowd's profile says, where a step about money or a prize has failed for good; `yield from` it.

        The robot is asked, the desk has a ticket, and others hear of it. The journey goes on by what came of its own step.
        """
        if self.last.outcome in CORRECT or operation not in self.shared.money:
            return
        failed, coupling = self.last, self.shared.coupling
        topic = _FAILED.get(operation.partition(".")[0], "flash.failed")
        text = phrase(topic, 0.5)
        if self.chance.happens(coupling.contact) and self.offered("robot.message"):
            yield self.ask("robot.message", text=text, topic=topic)
        if self.chance.happens(coupling.ticket) and self.offered("ticket.create"):
            yield self.ask("ticket.create", category="complaint", text=text)
        if self.chance.happens(coupling.sentiment) and self.offered("opinion.post"):
            yield self.ask("opinion.post")
        self.last = failed

    def _wait(self, seconds: float, *, polite: bool) -> None:
        """Lets the next question come no sooner than that."""
        self._pause_s = max(seconds, self.retry_after_s if polite else 0.0)


class ManualCustomer(Customer):
    """A customer whose journey is driven by hand, time too."""

    __slots__ = ("at_s",)

    at_s: float

    def __init__(self, shared: SharedFacts, number: int, origin: int) -> None:
        """Comes at T0."""
        super().__init__(shared, number, origin)
        self.at_s = 0.0
