"""Run folders written by hand: a test tells a small story, and gets the folder that such a run would have left."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import numpy as np
from handmade_folder import write_folder
from handmade_plan import EFFECTFUL, FAILURE, HEALTH, OPERATIONS, REFUSAL, SCENARIO, SHED, SUCCESS, T0_MS, T0_NS, T0_WALL, TARGET, UNKNOWN

from scenarios.run.event_kinds import LoadHealth
from scenarios.run.facts import Facts
from scenarios.run.fault_event_kinds import FaultEffective, FaultHealed, FaultInjecting, FaultUndone
from scenarios.run.outcomes import Outcome, Probe, Promise
from scenarios.run.records import (
    FLAG_CENSORED,
    FLAG_PULSE,
    FLAG_TIMEOUT,
    MARK_DONE,
    MARK_INTENT,
    NO_AMOUNT,
    STREAM_CROWD,
    STREAM_PULSE,
    answer_digest,
    key_halves,
    operation_id,
)
from scenarios.run.statements import Statement
from scenarios.run.system_event_kinds import SystemDetected, SystemPromoted, SystemPromoting

Row = dict[str, object]


@dataclass
class Story:
    """A run as it happened; `write` makes the folder. Everything may be changed before that."""

    folder: Path
    scenario: dict[str, object] = field(default_factory=lambda: deepcopy(SCENARIO))
    target: dict[str, object] = field(default_factory=lambda: deepcopy(TARGET))
    stock: int = 1000
    statics: dict[str, str | int] = field(default_factory=dict)  # what fills the target's placeholders
    samples: list[tuple[int, ...]] = field(default_factory=list)
    acks: list[tuple[object, ...]] = field(default_factory=list)
    events: list[tuple[str, float, Facts]] = field(default_factory=list)  # writer, at_s, facts
    tables: dict[str, list[Row]] = field(default_factory=dict)
    load_processes: int = 1
    identity: str = "0123456789abcdef0123456789abcdef"
    ends: bool = True  # the run comes to its end
    health: LoadHealth = HEALTH  # of each load process in its first second
    t0_wall: str = T0_WALL
    t0_ns: int = T0_NS
    corrupt: set[str] = field(default_factory=set)  # tables changed after their capture
    absent: set[str] = field(default_factory=set)  # tables that could not be captured
    shown: list[tuple[int | bytes, ...]] = field(default_factory=list)  # by reads
    statements: list[Statement] | None = None  # of customers who were asked afterwards
    site: bytes = b"A"  # that answers from now on
    operations: list[str] = field(default_factory=lambda: list(OPERATIONS))
    effectful: dict[str, str] = field(default_factory=lambda: dict(EFFECTFUL))  # operations that change something, and their tables
    _arrivals: int = 0

    def __post_init__(self) -> None:
        """An empty world with money and prizes."""
        self.tables = {
            "grants": [],
            "redpackets": [],
            "transfers": [],
            "stock": [{"item": "sku-1", "batch": "b", "initial": self.stock, "replenished": 0, "granted": 0, "remaining": self.stock}],
            "ledger": [
                {"txn": "open", "account": "house", "debit_fen": 10**9, "credit_fen": 0},
                {"txn": "open", "account": "people", "debit_fen": 0, "credit_fen": 10**9},
            ],
            "accounts": [
                {"account": "house", "balance_fen": -(10**9), "may_be_negative": True},
                {"account": "people", "balance_fen": 10**9, "may_be_negative": False},
            ],
            "windows": [
                {
                    "window": "flash",
                    "opens_ms": T0_MS - 60_000,
                    "closes_ms": T0_MS + 600_000,
                    "cap": 1,
                    "pool_fen": 5000,
                    "least_fen": 1,
                    "most_fen": 2000,
                }
            ],
        }

    @property
    def lasts_s(self) -> float:
        """Seconds of load."""
        return sum(float(str(phase["lasts"])) for phase in self.scenario["phases"])  # type: ignore[attr-defined, misc]  # a list of phases

    def ask(
        self,
        op: str,
        at_s: float,
        outcome: Outcome = SUCCESS,
        latency_ms: float = 20.0,
        *,
        effect: bool | None = None,
        retries: Iterable[tuple[Outcome, float]] = (),
        pulse: bool = False,
        flags: int = 0,
        wait_ms: float = 0.0,
        lag_ms: float = 0.1,
        amount_fen: int = 100,
        recorded_fen: int | None = None,
        promise: Promise = Promise.EFFECTED,
        business: str = "",
        customer: int | None = None,
        probe: Probe = Probe.NONE,
    ) -> UUID:
        """One operation with its attempts: the first, and retries of the same key after it, each with outcome and latency.

        `effect` says whether the read-back shows it; by default it does if and only if it was a success.
        """
        number = self._arrivals
        self._arrivals += 1
        stream = STREAM_PULSE if pulse else STREAM_CROWD
        key = UUID(int=(number + 1) << 64 | 77 + stream)
        customer = number + 1 if customer is None else customer
        business = business or f"{op.partition('.')[0]}:{customer}"
        flags |= FLAG_PULSE if pulse else 0
        begun_s = at_s
        outcomes = [(outcome, latency_ms), *retries]
        for attempt, (came, took_ms) in enumerate(outcomes, 1):
            self.attempt(op, operation_id(stream, number, 0), begun_s, came, took_ms, attempt, flags, wait_ms, lag_ms)
            if op in self.effectful:
                self.ack(
                    op,
                    operation_id(stream, number, 0),
                    key,
                    begun_s,
                    came,
                    took_ms,
                    attempt,
                    amount_fen,
                    promise,
                    business,
                    customer,
                    probe,
                )
            begun_s += (wait_ms + took_ms) / 1000
        there = SUCCESS in [came for came, _ in outcomes] if effect is None else effect
        if there and op in self.effectful:
            self.effect(op, key, customer, begun_s, amount_fen if recorded_fen is None else recorded_fen, business)
        return key

    def attempt(
        self,
        op: str,
        operation: int,
        at_s: float,
        outcome: Outcome,
        took_ms: float,
        attempt: int,
        flags: int,
        wait_ms: float,
        lag_ms: float,
    ) -> None:
        """A sample; `took_ms` is its whole latency."""
        dispatch_us = round((wait_ms + lag_ms) * 1000)
        service_us = max(0, round(took_ms * 1000) - round(lag_ms * 1000))
        flags |= FLAG_TIMEOUT if outcome is UNKNOWN and not flags & FLAG_CENSORED else 0
        status = {SUCCESS: 200, REFUSAL: 409, SHED: 503, FAILURE: 500, UNKNOWN: 0}.get(outcome, 200)
        self.samples.append(
            (
                round(at_s * 1e9),
                operation,
                0,
                dispatch_us,
                service_us,
                round(wait_ms * 1000),
                0,
                120,
                self.operations.index(op),
                status,
                int(outcome),
                attempt,
                flags,
                MARK_DONE,
            )
        )

    def ack(
        self,
        op: str,
        operation: int,
        key: UUID,
        at_s: float,
        outcome: Outcome | None,
        took_ms: float,
        attempt: int = 1,
        amount_fen: int = NO_AMOUNT,
        promise: Promise = Promise.EFFECTED,
        business: str = "",
        customer: int = 1,
        probe: Probe = Probe.NONE,
        code: int = 0,
        answer: str | None = None,
        shown_fen: int | None = None,
        terms: str = "",
    ) -> None:
        """An ack; `outcome` None is an intent that was never answered. A success shows the amount asked, if it does not say another."""
        success = outcome is SUCCESS
        digest = answer_digest(f"E-{key}" if answer is None else answer) if success else 0
        self.acks.append(
            (
                operation,
                *key_halves(key.int),
                round(at_s * 1e9),
                round(at_s * 1e9) + 100_000,
                amount_fen,
                answer_digest(terms) if terms else 0,
                0 if outcome is None else round(at_s * 1e9) + round(took_ms * 1e6),
                (amount_fen if shown_fen is None else shown_fen) if success else NO_AMOUNT,
                digest,
                customer,
                200 if success else 0,
                self.operations.index(op),
                attempt,
                0 if outcome is None else int(outcome),
                int(promise) if success else 0,
                int(probe),
                code,
                self.site,
                b"",
                business.encode(),
                MARK_INTENT if outcome is None else MARK_DONE,
            )
        )

    def effect(self, op: str, key: UUID, customer: int, at_s: float, amount_fen: int, business: str, *, state: str = "DONE") -> None:
        """What the system shows of an operation afterwards."""
        row: Row = {
            "op": op,
            "key": str(key),
            "customer": customer,
            "amount_fen": amount_fen,
            "state": state,
            "id": f"E-{key}",
            "at_ms": T0_MS + round(at_s * 1000),
            "business": business,
            "final": state == "DONE",
        }
        if op == "claim.submit":
            row |= {"item": "sku-1", "batch": "b", "window": "flash"}
            self.tables["stock"][0]["granted"] = int(str(self.tables["stock"][0]["granted"])) + 1
            self.tables["stock"][0]["remaining"] = int(str(self.tables["stock"][0]["remaining"])) - 1
        self.tables[self.effectful[op]].append(row)

    def beat(self, start_s: float, end_s: float, outcome: Outcome = SUCCESS, latency_ms: float = 20.0, *, rate: float = 20.0) -> None:
        """The pulse of both paths over [start, end)."""
        for at_s in ticks(start_s, end_s, rate):
            for op in ("account.balance", "transfer.submit"):
                came = FAILURE if outcome is UNKNOWN and op == "account.balance" else outcome
                self.ask(op, at_s, came, latency_ms, pulse=True)

    def crowd(self, start_s: float, end_s: float, outcome: Outcome = SUCCESS, latency_ms: float = 20.0, *, rate: float = 10.0) -> None:
        """Customers who look, claim and open red packets over [start, end)."""
        for at_s in ticks(start_s, end_s, rate):
            self.ask("campaign.get", at_s, FAILURE if outcome is UNKNOWN else outcome, latency_ms)
            self.ask("claim.submit", at_s + 0.01, outcome, latency_ms)

    def probes(self, at_s: float = 1.0) -> None:
        """A key sent again, one misused, one missing, each answered as it is owed."""
        key = self.ask("transfer.submit", at_s, probe=Probe.FIRST)
        number = self._arrivals - 1
        operation = operation_id(STREAM_CROWD, number, 0)
        business = f"transfer:{number + 1}"
        self.attempt("transfer.submit", operation, at_s + 0.1, SUCCESS, 10, 2, 0, 0, 0.1)
        self.ack("transfer.submit", operation, key, at_s + 0.1, SUCCESS, 10, 2, 100, business=business, probe=Probe.REPLAY)
        self.attempt("transfer.submit", operation, at_s + 0.2, FAILURE, 10, 3, 0, 0, 0.1)
        self.ack("transfer.submit", operation, key, at_s + 0.2, FAILURE, 10, 3, 100, business=business, probe=Probe.MISMATCH, code=2)
        self.attempt("transfer.submit", operation, at_s + 0.3, FAILURE, 10, 4, 0, 0, 0.1)
        self.ack("transfer.submit", operation, UUID(int=0), at_s + 0.3, FAILURE, 10, 4, 100, business=business, probe=Probe.MISSING, code=1)

    def drill(self, at_s: float, *, effective_s: float | None = None, drill: str = "primary-kill", **plan: object) -> None:
        """A planned drill that strikes at a time, and the events of one that goes well."""
        planned = {"drill": drill, "at": f"{at_s:g} s", "deadline": 15, "window": 10, **plan}
        self.scenario["drills"] = [*self.scenario.get("drills", []), planned]  # type: ignore[misc]  # a list of drills
        number = sum(one["drill"] == drill for one in self.scenario["drills"])  # type: ignore[attr-defined]  # as above
        who = {"drill": drill, "strike": drill if number == 1 else f"{drill}#{number}", "fault": "process-kill"}
        done_s = at_s + 0.05 if effective_s is None else effective_s
        self.tell("watchdog", at_s, FaultInjecting(**who))
        self.tell("watchdog", done_s, FaultEffective(evidence="the process is gone", **who))
        self.tell("watchdog", self.lasts_s + 1, FaultUndone(**who))
        self.tell("watchdog", self.lasts_s + 2, FaultHealed(evidence="one writer, one standby", **who))

    def failover(self, at_s: float, detection_s: float = 0.2, decision_s: float = 0.05, failover_s: float = 0.3) -> None:
        """What the system tells of its own failover after a fault."""
        self.tell("system", at_s + detection_s, SystemDetected(source="supervisor"))
        self.tell("system", at_s + detection_s + decision_s, SystemPromoting(source="supervisor"))
        self.tell("system", at_s + detection_s + decision_s + failover_s, SystemPromoted(source="supervisor"))

    def tell(self, writer: str, at_s: float, facts: Facts) -> None:
        """An event."""
        self.events.append((writer, at_s, facts))

    def write(self) -> Path:
        """The run folder."""
        write_folder(self)
        return self.folder


def ticks(start_s: float, end_s: float, rate: float) -> list[float]:
    """Evenly spaced times in [start, end)."""
    return [float(value) for value in start_s + np.arange(round((end_s - start_s) * rate)) / rate]
