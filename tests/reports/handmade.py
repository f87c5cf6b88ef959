"""Run folders written by hand: a test tells a small story, and gets the folder that such a run would have left."""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import numpy as np
import orjson

from scenarios.plan.scenario import Scenario
from scenarios.run.event_kinds import (
    Facts,
    FaultEffective,
    FaultHealed,
    FaultInjecting,
    FaultUndone,
    LoadFinished,
    LoadHealth,
    LoadReady,
    RunEnded,
    RunPhase,
    RunStarted,
    SystemDetected,
    SystemPromoted,
    SystemPromoting,
)
from scenarios.run.folder import Machine, Plan, Run
from scenarios.run.outcomes import Outcome, Probe, Promise
from scenarios.run.records import (
    ACK_STRUCT,
    FLAG_CENSORED,
    FLAG_PULSE,
    FLAG_TIMEOUT,
    MARK_DONE,
    MARK_INTENT,
    NO_AMOUNT,
    SAMPLE_STRUCT,
    STREAM_CROWD,
    STREAM_PULSE,
    answer_digest,
    key_halves,
    operation_id,
)
from scenarios.target.model import Target

T0_NS = 5_000_000_000_000
T0_WALL = "2026-11-22T10:00:00.000+08:00"
T0_MS = round(datetime.fromisoformat(T0_WALL).timestamp() * 1000)
SUCCESS, REFUSAL, SHED, FAILURE, UNKNOWN = Outcome.SUCCESS, Outcome.REFUSAL, Outcome.SHED, Outcome.FAILURE, Outcome.UNKNOWN

_EFFECT_FIELDS = {name: f"$.{name}" for name in ("key", "customer", "amount_fen", "state", "id", "at_ms", "business")}


def _source(role: str, **fields: str) -> dict[str, object]:
    return {"role": role, "service": "bank", "path": f"/{role}", "fields": fields}


TARGET: dict[str, object] = {
    "name": "handmade",
    "describe": "Nobody answers here: the runs are written by hand.",
    "services": {"bank": {"base": "http://127.0.0.1:9"}},
    "operations": {
        "account.balance": {"service": "bank", "path": "/balance"},
        "campaign.get": {"service": "bank", "path": "/campaign"},
        "claim.submit": {"service": "bank", "method": "POST", "path": "/claims", "effect": {"business": "{customer}"}},
        "redpacket.open": {"service": "bank", "method": "POST", "path": "/redpackets", "effect": {"business": "{customer}"}},
        "transfer.submit": {"service": "bank", "method": "POST", "path": "/transfers", "effect": {"business": "{customer}"}},
    },
    "readback": {
        "tables": {
            "grants": _source("effects", op="'claim.submit'", item="$.item", batch="$.batch", window="$.window", **_EFFECT_FIELDS),
            "redpackets": _source("effects", op="'redpacket.open'", **_EFFECT_FIELDS),
            "transfers": _source("effects", op="'transfer.submit'", **_EFFECT_FIELDS),
            "stock": _source("stock", item="$.item"),
            "ledger": _source("ledger", txn="$.txn"),
            "accounts": _source("accounts", account="$.account"),
            "windows": _source("windows", window="$.window"),
        }
    },
}
SCENARIO: dict[str, object] = {
    "name": "handmade",
    "describe": "A run written by hand.",
    "target": "handmade",
    "seed": 7,
    "phases": [{"name": "warm-up", "lasts": 10, "arrivals": 10}, {"name": "peak", "lasts": 50, "arrivals": 20}],
    "mix": {"flash-sale": 1},
    "pulse": {"operations": ["account.balance", "transfer.submit"], "rate": 20},
    "gates": [],
}
OPERATIONS = ["account.balance", "campaign.get", "claim.submit", "redpacket.open", "transfer.submit"]
EFFECTFUL = {"claim.submit": "grants", "redpacket.open": "redpackets", "transfer.submit": "transfers"}

HEALTH = LoadHealth(
    cpu_share=0.2,
    lag_ms=0.2,
    lag_max_ms=0.4,
    stall_ms=3.0,
    in_flight=2,
    customers=10,
    connection_queue=0,
    run_delay_share=0.02,
    gc_ms=0.0,
    wall_step_ms=0.001,
    slept_ms=0.0,
)
FINISHED = LoadFinished(offered=0, sent=0, not_sent=0, unsent=0, arrivals=0, cancelled=0, late_s=-1.0, cpu_s=5.0)

Row = dict[str, object]


@dataclass
class Story:
    """A run as it happened; `write` makes the folder. Everything may be changed before that."""

    folder: Path
    scenario: dict[str, object] = field(default_factory=lambda: deepcopy(SCENARIO))
    target: dict[str, object] = field(default_factory=lambda: deepcopy(TARGET))
    stock: int = 1000
    samples: list[tuple[int, ...]] = field(default_factory=list)
    acks: list[tuple[object, ...]] = field(default_factory=list)
    events: list[tuple[str, float, Facts]] = field(default_factory=list)  # writer, at_s, facts
    tables: dict[str, list[Row]] = field(default_factory=dict)
    load_processes: int = 1
    ends: bool = True  # the run comes to its end
    health: LoadHealth = HEALTH  # of each load process in its first second
    t0_wall: str = T0_WALL
    t0_ns: int = T0_NS
    corrupt: set[str] = field(default_factory=set)  # tables changed after their capture
    absent: set[str] = field(default_factory=set)  # tables that could not be captured
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
            if op in EFFECTFUL:
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
        if there and op in EFFECTFUL:
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
                OPERATIONS.index(op),
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
    ) -> None:
        """An ack; `outcome` None is an intent that was never answered."""
        success = outcome is SUCCESS
        digest = answer_digest(f"E-{key}" if answer is None else answer) if success else 0
        self.acks.append(
            (
                operation,
                *key_halves(key.int),
                round(at_s * 1e9),
                round(at_s * 1e9) + 100_000,
                0 if outcome is None else round(at_s * 1e9) + round(took_ms * 1e6),
                amount_fen,
                digest,
                customer,
                200 if success else 0,
                OPERATIONS.index(op),
                attempt,
                0 if outcome is None else int(outcome),
                int(promise) if success else 0,
                int(probe),
                code,
                b"A",
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
        self.tables[EFFECTFUL[op]].append(row)

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
        who = {"drill": drill, "fault": "process-kill"}
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
        run = Run(self.folder)
        for name in ("samples", "acks", "events", "readback"):
            (self.folder / name).mkdir(parents=True)
        run.write_plan(self.plan())
        self._write_records()
        self._write_events(run)
        self._write_tables(run.readback_folder)
        return self.folder

    def plan(self) -> Plan:
        """Its plan."""
        return Plan(
            run="20261122T020000Z-handmade",
            scenario=Scenario.model_validate(self.scenario),
            target=Target.model_validate(self.target),
            operations=OPERATIONS,
            seed=7,
            workers=self.load_processes,
            t0_monotonic_ns=self.t0_ns,
            t0_wall=self.t0_wall,
            versions={"stormdrill": "0.1.0", "python": "3.11.0"},
            revision="0123456789ab",
            machine=Machine(system="Linux", python="3.11.0", cores=2, memory_mib=24_000),
        )

    def _write_records(self) -> None:
        for number in range(self.load_processes):
            mine = self.samples[number :: self.load_processes]
            (self.folder / "samples" / f"load-{number}.bin").write_bytes(b"".join(SAMPLE_STRUCT.pack(*sample) for sample in mine))
            acks = self.acks[number :: self.load_processes]
            (self.folder / "acks" / f"load-{number}.bin").write_bytes(b"".join(ACK_STRUCT.pack(*ack) for ack in acks))

    def _write_events(self, run: Run) -> None:
        told = [
            ("door", 0.0, RunStarted(seed=7, workers=self.load_processes, t0=self.t0_wall)),
            *self._phases(),
            *self._health(),
            *self.events,
        ]
        if self.ends:
            told.append(("door", self.lasts_s + 3, RunEnded(reason="complete")))
        writers = {name: run.event_writer(name, self.t0_ns) for name in sorted({writer for writer, *_ in told})}
        for writer, at_s, facts in sorted(told, key=lambda event: event[1]):
            writers[writer].write(facts, self.t0_ns + round(at_s * 1e9))
        for events in writers.values():
            events.close()

    def _phases(self) -> Iterator[tuple[str, float, Facts]]:
        at_s = 0.0
        for phase in self.scenario["phases"]:  # type: ignore[attr-defined]  # a list of phases
            yield "door", at_s, RunPhase(phase=phase["name"])
            at_s += float(phase["lasts"])

    def _health(self) -> Iterator[tuple[str, float, Facts]]:
        for number in range(self.load_processes):
            name = f"load-{number}"
            share = len(self.samples[number :: self.load_processes])
            yield name, -1.0, LoadReady(arrivals=share, late_s=-1.0)
            yield name, 1.0, self.health
            if self.ends:
                yield name, self.lasts_s + 1, finished(offered=share, sent=share, arrivals=share)

    def _write_tables(self, folder: Path) -> None:
        sources: dict[str, dict[str, object]] = (self.target.get("readback") or {}).get("tables", {})  # type: ignore[attr-defined]  # a mapping
        manifest = {}
        for name, source in sources.items():
            lines = b"".join(orjson.dumps(row) + b"\n" for row in self.tables[name])
            digest = sha256(lines).hexdigest()
            if name in self.absent:
                manifest[name] = {"role": source["role"], "rows": 0, "sha256": "", "complete": False, "reason": "/ops answers 500"}
                continue
            (folder / f"{name}.jsonl").write_bytes(lines + (b"{}\n" if name in self.corrupt else b""))
            manifest[name] = {"role": source["role"], "rows": len(self.tables[name]), "sha256": digest, "complete": True, "reason": ""}
        if sources:
            (folder / "manifest.json").write_bytes(orjson.dumps({"tables": manifest}))


def ticks(start_s: float, end_s: float, rate: float) -> list[float]:
    """Evenly spaced times in [start, end)."""
    return [float(value) for value in start_s + np.arange(round((end_s - start_s) * rate)) / rate]


def health(**told: float) -> LoadHealth:
    """A second of a load process that is well but for what is told."""
    return HEALTH.model_copy(update=told)


def finished(**told: object) -> LoadFinished:
    """The end of a load process to which nothing happened but what is told."""
    return FINISHED.model_copy(update=told)


def healthy(folder: Path) -> Story:
    """A minute in which all goes well: customers, the pulse, and honest answers to the probes."""
    story = Story(folder)
    story.probes()
    story.crowd(0, 60)
    story.beat(0, 60)
    return story


def rescued(folder: Path, down_s: float = 2.0, strikes_s: float = 25.0) -> Story:
    """A minute in which the primary dies at 25 s, and all is well again so many seconds later."""
    story = Story(folder)
    story.probes()
    back_s = strikes_s + down_s
    story.crowd(0, 60)
    story.beat(0, strikes_s)
    story.beat(strikes_s, back_s, UNKNOWN, 1500.0)
    story.beat(back_s, 60)
    story.drill(strikes_s)
    story.failover(strikes_s)
    return story
