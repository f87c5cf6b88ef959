"""Gates in one line: `p99 of claim.submit <= 1 s in peak`, `rto of primary-kill <= 10 s`, `failure ratio <= 0.1 % abort after 10 s`.

gate    := measure ["of" subject] sign number [unit] ["in" phase] ["abort after" number "s"]
measure := one of MEASURES; a measure of an operation without a subject is of all operations
subject := an operation, or a drill for the worst of its strikes, or one strike: primary-kill#2
sign    := "<=" | ">=" | "<" | ">" | "=="
"""

import math
import re
from dataclasses import dataclass
from enum import Enum

from scenarios.errors import BadInput
from scenarios.harmless import clipped


class SubjectKind(Enum):
    """What a gate's subject is."""

    OPERATIONS = "an operation"
    DRILL = "a drill"


@dataclass(frozen=True, slots=True)
class Measure:
    """Something a gate can limit."""

    kind: SubjectKind
    unit: str  # the unit its limit is kept in
    quantile: float | None = None

    @property
    def is_count(self) -> bool:
        """Whether it is a whole number."""
        return self.unit in ("operations", "calls", "times", "fen", "writers")

    @property
    def most(self) -> float:
        """What it cannot exceed: 1 where it is a share. No measure is less than nothing."""
        return math.inf if self.unit else 1.0


_QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999, "p99.99": 0.9999, "max": 1.0}

MEASURES: dict[str, Measure] = {
    **{name: Measure(SubjectKind.OPERATIONS, "ms", quantile) for name, quantile in _QUANTILES.items()},
    **{f"service {name}": Measure(SubjectKind.OPERATIONS, "ms", quantile) for name, quantile in _QUANTILES.items()},
    "tps": Measure(SubjectKind.OPERATIONS, "/s"),
    "peak tps": Measure(SubjectKind.OPERATIONS, "/s"),
    "goodput": Measure(SubjectKind.OPERATIONS, "/s"),
    "goodput ratio": Measure(SubjectKind.OPERATIONS, ""),
    "success ratio": Measure(SubjectKind.OPERATIONS, ""),
    "refusal ratio": Measure(SubjectKind.OPERATIONS, ""),
    "shed ratio": Measure(SubjectKind.OPERATIONS, ""),
    "failure ratio": Measure(SubjectKind.OPERATIONS, ""),
    "unknown ratio": Measure(SubjectKind.OPERATIONS, ""),
    "error ratio": Measure(SubjectKind.OPERATIONS, ""),  # failure and unknown
    "detection": Measure(SubjectKind.DRILL, "s"),
    "decision": Measure(SubjectKind.DRILL, "s"),
    "failover": Measure(SubjectKind.DRILL, "s"),
    "redundancy": Measure(SubjectKind.DRILL, "s"),
    "switches": Measure(SubjectKind.DRILL, "times"),  # how often a new path took the writes
    "writers": Measure(SubjectKind.DRILL, "writers"),  # the most that there were at one time, by the target's word
    "least site share": Measure(SubjectKind.DRILL, ""),  # of the work, once what was lost is back
    "rto": Measure(SubjectKind.DRILL, "s"),
    "rto first": Measure(SubjectKind.DRILL, "s"),
    "rpo": Measure(SubjectKind.DRILL, "operations"),
    "rpo seconds": Measure(SubjectKind.DRILL, "s"),
    "rpo fen": Measure(SubjectKind.DRILL, "fen"),
    "duplicates": Measure(SubjectKind.DRILL, "operations"),
    "outage-equivalent": Measure(SubjectKind.DRILL, "s"),
    "time to another way": Measure(SubjectKind.DRILL, "s"),  # of what `instead_of` has
    "failures": Measure(SubjectKind.DRILL, "operations"),  # errors, and who was turned away
    "least goodput": Measure(SubjectKind.DRILL, ""),  # of the worst class, while something is broken, as a share of before
    "hysteresis": Measure(SubjectKind.DRILL, ""),  # how much of it is still missing long after
    "retry amplification": Measure(SubjectKind.DRILL, "sends"),  # sends for each intended operation, while something is broken
    "retry amplification after": Measure(SubjectKind.DRILL, "sends"),  # and long after
    "replenishment left": Measure(SubjectKind.DRILL, "operations"),  # of the prizes that it ordered
    "replenished amiss": Measure(SubjectKind.DRILL, "operations"),  # by which the books differ from what it ordered
    "grants left at release": Measure(SubjectKind.DRILL, "operations"),  # in the bucket, as a drill released more for it
    "release left": Measure(SubjectKind.DRILL, "operations"),  # and at the end
    "time to open": Measure(SubjectKind.DRILL, "s"),  # this and the next five: of circuit breakers
    "time to close": Measure(SubjectKind.DRILL, "s"),
    "half-open probes": Measure(SubjectKind.DRILL, "calls"),
    "calls while open": Measure(SubjectKind.DRILL, "calls"),
    "openings": Measure(SubjectKind.DRILL, "times"),
    "flaps": Measure(SubjectKind.DRILL, "times"),
    "time to pause": Measure(SubjectKind.DRILL, "s"),  # this and the next seven: of the campaign's kill switch
    "time to notice": Measure(SubjectKind.DRILL, "s"),
    "time to acknowledge": Measure(SubjectKind.DRILL, "s"),
    "grants after pause": Measure(SubjectKind.DRILL, "operations"),
    "success while paused": Measure(SubjectKind.DRILL, ""),
    "trips": Measure(SubjectKind.DRILL, "times"),
    "stale alarms": Measure(SubjectKind.DRILL, "times"),
    "resumes": Measure(SubjectKind.DRILL, "times"),
}
"""All that a gate can limit, by the words that name it."""

_UNITS: dict[str, dict[str, float]] = {
    "ms": {"us": 0.001, "ms": 1, "s": 1000, "min": 60_000},
    "s": {"ms": 0.001, "s": 1, "min": 60, "": 1},
    "/s": {"/s": 1, "/min": 1 / 60, "": 1},
    "": {"%": 0.01, "": 1},
    "operations": {"operations": 1, "": 1},
    "calls": {"calls": 1, "": 1},
    "sends": {"sends": 1, "": 1},
    "times": {"times": 1, "": 1},
    "writers": {"writers": 1, "": 1},
    "fen": {"fen": 1, "yuan": 100, "": 1},
}
"""For each unit that limits are kept in: the units they may be written in, and the factor."""

LEAST_ABORT_S, MOST_ABORT_S = 1, 60
"""As many whole seconds as are looked at while the run goes on."""

TOLD = frozenset({"trips", "writers"})
"""Measures of a drill that the target itself tells while the run goes on."""

_SEEN = frozenset({*_QUANTILES, "tps", "success ratio", "refusal ratio", "shed ratio", "failure ratio", "unknown ratio", "error ratio"})
ABORTING = _SEEN | TOLD
"""Measures that are known while the run goes on, so that their gates may carry `abort after`."""

_GATE = re.compile(
    r"^(?P<measure>[a-z][a-z0-9. -]*?)(?:\s+of\s+(?P<subject>[\w.-]+(?:#[1-9][0-9]{0,3})?))?\s*(?P<sign><=|>=|==|<|>)"
    r"\s*(?P<number>[0-9]{1,15}(?:\.[0-9]{1,9})?)\s*(?P<unit>/s|/min|%|[a-z]+)?(?:\s+in\s+(?P<phase>[\w-]+))?(?:\s+abort\s+after\s+(?P<abort>[0-9]{1,9}(?:\.[0-9]{1,9})?)\s*s)?$"
)


@dataclass(frozen=True, slots=True)
class Gate:
    """One limit on one measure."""

    text: str
    measure: str
    subject: str | None  # operation, drill or strike; None: all operations
    sign: str
    limit: float  # in the measure's unit
    phase: str | None = None
    abort_after_s: float | None = None

    @property
    def about(self) -> Measure:
        """What it limits."""
        return MEASURES[self.measure]

    def holds(self, measured: float) -> bool:
        """Whether a measured value keeps the limit."""
        match self.sign:
            case "<=":
                return measured <= self.limit
            case ">=":
                return measured >= self.limit
            case "<":
                return measured < self.limit
            case ">":
                return measured > self.limit
            case _:
                return measured == self.limit

    @property
    def is_upper(self) -> bool:
        """Whether too much breaks it (a censored value may then break it too)."""
        return self.sign in ("<=", "<", "==")


def parse_gate(text: str) -> Gate:
    """A gate from its line.

    Raises:
        BadInput: it is not of the form, names no measure, has a unit the measure cannot have, or can never hold or never fail.
    """
    plain = " ".join(text.split())
    found = _GATE.match(plain)
    if found is None:
        raise BadInput(f"gate {clipped(text)!r} is not understood; the form is: p99 of claim.submit <= 1 s in peak")
    name = found["measure"]
    if name not in MEASURES:
        raise BadInput(f"gate {text!r} names the measure {name!r}; allowed: {', '.join(MEASURES)}")
    measure = MEASURES[name]
    units = _UNITS[measure.unit]
    unit = found["unit"] or ""
    if unit not in units:
        raise BadInput(f"gate {text!r} has the unit {unit or 'none'!r}; allowed for {name}: {', '.join(filter(None, units))}")
    if measure.kind is SubjectKind.DRILL and found["subject"] is None:
        raise BadInput(f"gate {text!r} names no drill; the form is: {name} of primary-kill {found['sign']} {found['number']}")
    if measure.kind is SubjectKind.DRILL and found["phase"] is not None:
        raise BadInput(f"gate {text!r} names a phase, but a drill has its own time; leave 'in {found['phase']}' out")
    if found["abort"] and not LEAST_ABORT_S <= float(found["abort"]) <= MOST_ABORT_S:
        raise BadInput(f"gate {text!r} aborts after {found['abort']} s; allowed: {LEAST_ABORT_S} s to {MOST_ABORT_S} s")
    if found["abort"] and name not in ABORTING:
        raise BadInput(f"gate {text!r} cannot abort: {name} is known after the run only; allowed: {', '.join(sorted(ABORTING))}")
    abort = float(found["abort"]) if found["abort"] else None
    limit = round(float(found["number"]) * units[unit], 9)
    gate = Gate(plain, name, found["subject"], found["sign"], limit, found["phase"], abort)
    if empty := _says_nothing(gate):
        raise BadInput(f"gate {text!r} {empty}: {_possible(measure)}")
    return gate


def _says_nothing(gate: Gate) -> str:
    """How a gate comes out whatever is measured; "" where that depends on it."""
    most, limit = gate.about.most, gate.limit
    match gate.sign:
        case "<=":
            return "can never fail" if limit >= most else ""
        case "<":
            return "can never hold" if limit <= 0 else "can never fail" if limit > most else ""
        case ">=":
            return "can never fail" if limit <= 0 else "can never hold" if limit > most else ""
        case ">":
            return "can never hold" if limit >= most else ""
        case _:
            broken = gate.about.is_count and not limit.is_integer()
            return "can never hold" if broken or limit > most else ""


def _possible(measure: Measure) -> str:
    """Which figures there are."""
    if measure.most == 1:
        return "a share is 0 to 1 (100 %)"
    return f"the figure is a whole number of {measure.unit}, 0 or more" if measure.is_count else "the figure is 0 or more"
