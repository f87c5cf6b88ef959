"""Every kind of event and what it tells: one model per kind, its docstring saying what happened.

Writers make them, readers get them back; both ends have the same fields with the same types. A new kind is one class here; what is told of
faults and drills stands in `fault_event_kinds`, what a target tells of itself in `system_event_kinds`, what people tell in `mark_kinds`.
"""

from typing import ClassVar

from scenarios.run.facts import Facts, kinds_of
from scenarios.run.fault_event_kinds import OfDrill, OfFault
from scenarios.run.mark_kinds import OfOthers
from scenarios.run.system_event_kinds import OfSystem


class RunStarted(Facts):
    """T0 is fixed and everybody knows it."""

    kind: ClassVar[str] = "run.started"
    seed: int
    workers: int
    t0: str  # on the wall clock, ISO-8601
    plan_seal: str = ""  # of scenario.json, as it was from then on
    keyed: bool = False  # whether the run's seals are


class RunPhase(Facts):
    """A phase of the scenario begins."""

    kind: ClassVar[str] = "run.phase"
    phase: str


class RunDrained(Facts):
    """No answer is awaited any more."""

    kind: ClassVar[str] = "run.drained"


class RunInterrupted(Facts):
    """The run is stopped before its end."""

    kind: ClassVar[str] = "run.interrupted"
    reason: str


class RunEnded(Facts):
    """The run is over: read back and healed."""

    kind: ClassVar[str] = "run.ended"
    reason: str


class RunNotWhole(Facts):
    """Every fault is taken back, and by the deadline the target still says that it is not whole."""

    kind: ClassVar[str] = "run.not_whole"
    within_s: float
    evidence: str


class RunSealed(Facts):
    """All that the run has recorded: whatever differs from it later was changed."""

    kind: ClassVar[str] = "run.sealed"
    events: dict[str, str]  # by the other writers: the seal of their last line
    records: list[str]  # files of records, each sealed by its own writer
    readback: dict[str, str]  # by file: its seal


class RunLeftover(Facts):
    """Something could not be taken back or taken down."""

    kind: ClassVar[str] = "run.leftover"
    what: str
    lease: str = ""  # of the fault that it is, where it is one


class PluginFailed(Facts):
    """A plug-in raised: what it was to do is not done, so the run proves nothing."""

    kind: ClassVar[str] = "plugin.failed"
    plugin: str  # its kind and its name, as "journey flash-sale"
    file: str
    line: int
    what: str

    def __str__(self) -> str:
        """One sentence for people."""
        return f"the {self.plugin} broke at {self.file}:{self.line}: {self.what}"


class LoadReady(Facts):
    """A load process, which is the writer, has built its crowd."""

    kind: ClassVar[str] = "load.ready"
    arrivals: int
    late_s: float  # after T0


class LoadHealth(Facts):
    """A second of a load process, which is the writer."""

    kind: ClassVar[str] = "load.health"
    cpu_share: float  # of one core
    lag_ms: float  # ready -> sent, the wait for a connection apart: p99
    lag_max_ms: float
    stall_ms: float  # the longest that something due waited for the process
    in_flight: int  # attempts sent and not answered
    customers: int  # on their journeys
    connection_queue: int  # attempts that wait for a connection
    run_delay_share: float | None  # of the time, ready to run and waiting for a core; None where the system does not tell
    gc_ms: float  # the longest pause of the garbage collector
    wall_step_ms: float  # how far the wall clock was set
    slept_ms: float  # how long the machine slept


class Connections(Facts):
    """The connections that a load process made, and how long that took."""

    made: int = 0
    resumed: int = 0  # of them, those that took a TLS session up again
    connect_p50_ms: float | None = None
    connect_p99_ms: float | None = None
    handshake_p50_ms: float | None = None
    handshake_p99_ms: float | None = None


class LoadFinished(Facts):
    """A load process, which is the writer, ended its work."""

    kind: ClassVar[str] = "load.finished"
    offered: int  # attempts; as are the next three
    sent: int
    not_sent: int  # by the target's fault
    unsent: int  # by our own
    arrivals: int
    cancelled: int  # arrivals after an early end
    late_s: float
    cpu_s: float
    broken_journeys: dict[str, int] = {}  # how often, by where and why
    connections: Connections = Connections()
    troubles: dict[str, int] = {}  # connections that could not be made, by why
    unread: dict[str, int] = {}  # answers that could not be read, or were none, by why
    foreign: list[str] = []  # requests of ordinary Locust users beside the crowd, by name


class RecordsSeal(Facts):
    """What a file of records was when its writer closed it."""

    bytes: int
    records: int
    blocks: list[str]  # digests, block by block


class LoadSealed(Facts):
    """A load process, which is the writer, has closed its records."""

    kind: ClassVar[str] = "load.sealed"
    files: dict[str, RecordsSeal]  # by their path in the run folder
    sent: int  # of the samples


class WriterEnded(Facts):
    """The end mark: nothing comes after it."""

    kind: ClassVar[str] = "writer.ended"
    events: int  # written before


class LoadLost(Facts):
    """A load process died, or fell silent on another machine."""

    kind: ClassVar[str] = "load.lost"
    process: str
    exit_code: int | None = None
    last_words: str = ""
    host: str = ""
    reason: str = ""


class LoadJoined(Facts):
    """A worker of another machine has its share."""

    kind: ClassVar[str] = "load.joined"
    process: str
    host: str
    cores: int


class LoadClock(Facts):
    """How well T0 is known on the clock of a worker of another machine."""

    kind: ClassVar[str] = "load.clock"
    process: str
    host: str
    error_ms: float
    drift_ms: float


class LoadSufficed(Facts):
    """Every drill has recovered and what it broke for a time is taken back, and all has held since: the load ends before its time."""

    kind: ClassVar[str] = "load.sufficed"


class GateBreached(Facts):
    """A gate with `abort after` was broken for its time, which stops the run."""

    kind: ClassVar[str] = "gate.breached"
    gate: str
    measured: float  # in the gate's unit; approximate, of attempts
    from_s: float
    to_s: float


class PaymentsAwaited(Facts):
    """All is paid that was promised, or the longest of the promises' times is over: what is unpaid now stays unpaid."""

    kind: ClassVar[str] = "payments.awaited"


ALL_TABLES = "all"
"""Instead of a table's name: the whole read-back."""


class OfReadback(Facts):
    """Something about a table of the read-back."""

    table: str


class ReadbackCaptured(OfReadback):
    """A table of the read-back is complete."""

    kind: ClassVar[str] = "readback.captured"
    rows: int
    sha256: str


class ReadbackMissing(OfReadback):
    """A table could not be read."""

    kind: ClassVar[str] = "readback.missing"
    reason: str
    unavailable: bool = False  # the system would not tell, or did not answer: its own failure, where nothing is broken any more
    again: bool = False  # it was asked once more, after every fault had been taken back


class CustomersAsked(Facts):
    """Customers were asked what they see, or why they could not be."""

    kind: ClassVar[str] = "customers.asked"
    reason: str = ""  # why not


KINDS: dict[str, type[Facts]] = kinds_of(Facts) | kinds_of(OfFault) | kinds_of(OfDrill) | kinds_of(OfSystem) | kinds_of(OfOthers)
"""Every kind by its name in the file."""
