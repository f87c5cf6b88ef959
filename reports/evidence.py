"""All that a run left behind, read once into typed arrays and frames. Checks and measures see nothing else of the world."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from reports.finding import NoEvidence, NotMapped
from reports.measures.aggregation import (
    Keys,
    Operations,
    aggregate_keys,
    aggregate_operations,
    each_attempt,
    with_unrecorded,
    without_misuse,
)
from reports.measures.arrays import Bools, among
from reports.measures.breakers import BreakerTrial, breaker_trials
from reports.measures.bundles import Bundles, bundles
from reports.measures.contradictions import contradicted
from reports.measures.customer_service import Response, responses
from reports.measures.drill_outcomes import StrikeOutcome, strikes
from reports.measures.false_refusals import Books, FalseRefusal, false_refusals
from reports.measures.invitations import Inviter, inviters
from reports.measures.kill_switch import PauseTrial, pause_trial
from reports.measures.kpis import Kpi, kpis
from reports.measures.observed import observed_strikes
from reports.measures.own_delay import OwnDelay
from reports.measures.payout_days import Promise, payout_promises
from reports.measures.reconciliation import Reconciliation, reconcile
from reports.measures.recovery import Recovery, recoveries
from reports.measures.shown_balances import Movements, movements
from reports.measures.traffic import Traffic
from reports.reading.chains import Chains, read_chains
from reports.reading.records import read_acks, read_samples, read_shown
from reports.reading.tables import read_tables
from scenarios.plan.tiers import tier_of, tiers_of
from scenarios.run.event_kinds import (
    CustomersAsked,
    GateBreached,
    LoadSealed,
    LoadSufficed,
    OfReadback,
    PaymentsAwaited,
    RunDrained,
    RunEnded,
    RunInterrupted,
    RunSealed,
    WriterEnded,
)
from scenarios.run.events import Event, of_kind
from scenarios.run.facts import Facts, FactsT
from scenarios.run.fault_event_kinds import WatchdogLost
from scenarios.run.folder import Plan, Run
from scenarios.run.latency import done_ns
from scenarios.run.mark_kinds import Marked
from scenarios.run.outcomes import CORRECT
from scenarios.run.readback_tables import Table
from scenarios.run.records import FLAG_NOT_SENT, FLAG_PULSE, FLAG_UNSENT, STREAM_FOREIGN, STREAM_SESSIONS, Records
from scenarios.run.statements import Statement
from scenarios.target.fields import TierName

_AFTERWARDS = (Marked, OfReadback, PaymentsAwaited, CustomersAsked, LoadSealed, RunSealed, WriterEnded)
"""Events that tell nothing of how long the load went on."""


@dataclass(frozen=True)
class Evidence:
    """A run as it was recorded. Everything derived from it is worked out when first asked for, and then kept."""

    plan: Plan
    samples: Records
    acks: Records
    shown: Records  # to a sample of customers, by reads
    told: Records  # to a sample of customers, of their effects
    events: tuple[Event[Facts], ...]
    broken_chains: tuple[str, ...]  # what is wrong with the events, a sentence each
    unended_chains: tuple[str, ...]  # who was writing some to the last, a sentence each
    changed: tuple[str, ...]  # what else is not as it was recorded
    tables: dict[str, pd.DataFrame]  # by role
    table_problems: dict[str, str]  # by role: why it cannot be judged by
    manifest: dict[str, Table]
    statements: tuple[Statement, ...] | None  # of customers who were asked afterwards; None where nobody was, or it cannot be read

    def table(self, role: str) -> pd.DataFrame:
        """The read-back's rows of a role. Raises NoEvidence where they are not there, or not whole."""
        if role in self.table_problems:
            raise NoEvidence(self.table_problems[role])
        if role not in self.tables:
            raise NoEvidence(f"the target's read-back has no table of {role}")
        return self.tables[role]

    def has(self, role: str) -> bool:
        """Whether the target maps tables of a role; `table` may still find them damaged."""
        return role in self.tables or role in self.table_problems

    def maps(self, role: str, field: str) -> bool:
        """Whether the target says where rows of this role tell a field."""
        sources = self.plan.target.readback.tables.values() if self.plan.target.readback else ()
        return any(source.role == role and (field in source.fields or (field == "business" and source.business)) for source in sources)

    def of_kind(self, *kinds: type[FactsT]) -> list[Event[FactsT]]:
        """Events of these kinds or families of kinds, by time."""
        return of_kind(self.events, *kinds)

    @cached_property
    def t0_ms(self) -> float | None:
        """T0 on the wall clock, in milliseconds of the epoch; None where the run has none."""
        try:
            return datetime.fromisoformat(self.plan.t0_wall).timestamp() * 1000
        except ValueError:
            return None

    @cached_property
    def load_ends_s(self) -> float:
        """When customers stopped coming: the plan's end, or the moment in which the run was stopped."""
        cut = [event.at_s for event in self.of_kind(RunInterrupted, WatchdogLost, GateBreached, LoadSufficed)]
        if not self.of_kind(RunEnded, RunDrained):
            cut.append(self.last_s)
        return max(0.0, min([self.plan.scenario.lasts_s, *cut]))

    @property
    def stopped_by_gate(self) -> bool:
        """Whether a gate with `abort after` stopped the run: it fails, and owes nothing that would have come later."""
        return bool(self.of_kind(GateBreached))

    @cached_property
    def last_s(self) -> float:
        """The last moment of which there is any record."""
        ends = [event.at_s for event in self.events if not isinstance(event.facts, _AFTERWARDS)]
        if len(self.samples):
            ends.append(float(done_ns(self.samples).max()) / 1e9)
        return max(ends, default=0.0)

    @cached_property
    def asked_in_vain(self) -> int:
        """How many requests were made where nothing came back to any of them; 0 where something did, or the generator made none."""
        samples, asked = self.samples, self.samples["flags"] & FLAG_UNSENT == 0
        answered = (samples["status"] != 0) | (samples["size"] != 0) | np.isin(samples["outcome"], CORRECT)
        return 0 if (asked & answered).any() else int(np.count_nonzero(asked))

    @property
    def payments_until_s(self) -> float:
        """Up to when payments had time to come before they were read back."""
        return max([self.last_s, *(event.at_s for event in self.of_kind(PaymentsAwaited))])

    @cached_property
    def effectful(self) -> frozenset[int]:
        """Indices of the operations that change something."""
        mapped = self.plan.target.operations
        return frozenset(index for index, name in enumerate(self.plan.operations) if name in mapped and mapped[name].effect)

    @cached_property
    def _asked_for_effects(self) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
        """Ids of the crowd's operations that were sent and may have changed something."""
        samples = self.samples
        mine = np.isin(samples["operation_index"], sorted(self.effectful)) & (samples["flags"] & (FLAG_UNSENT | FLAG_NOT_SENT) == 0)
        return np.unique(samples["operation_id"][mine & (samples["operation_id"] >> np.uint64(60) != STREAM_FOREIGN)])

    @property
    def effects_asked(self) -> int:
        """How many operations were sent that may have changed something."""
        return len(self._asked_for_effects)

    @cached_property
    def effects_without_ack(self) -> int:
        """How many of those have no ack: what they asked for is not on record."""
        return int(np.count_nonzero(~among(self._asked_for_effects, self.acks["operation_id"])))

    def need_whole_acks(self) -> None:
        """Raises NoEvidence where it is not on record what all customers asked for: whatever then seems to be nobody's may be theirs."""
        if self.effects_without_ack:
            raise NoEvidence(f"{self.effects_without_ack} operations have no ack, so it is not known what was asked for")

    def need_all_effects(self) -> None:
        """Raises where effects may be there whose customers left no record."""
        self.need_whole_acks()
        if (self.samples["operation_id"] >> np.uint64(60) == STREAM_FOREIGN).any():
            raise NotMapped("Locust users of one's own took part, whose effects leave no ack")

    @cached_property
    def _keeps_sessions(self) -> Bools:
        """Which samples are of renewals and logouts, which no customer asked for."""
        found: Bools = self.samples["operation_id"] >> np.uint64(60) == STREAM_SESSIONS
        return found

    @cached_property
    def sessions(self) -> Operations:
        """Renewals of tokens, and logouts: counted apart from what customers ask."""
        return aggregate_operations(self.samples[self._keeps_sessions])

    @cached_property
    def attempts(self) -> Records:
        """Samples of honest attempts, and what the acks tell of attempts whose sample was lost with its process."""
        asked = self.samples[~self._keeps_sessions] if self._keeps_sessions.any() else self.samples
        return with_unrecorded(without_misuse(asked, self.acks), self.acks, int(self.last_s * 1e9))

    @cached_property
    def keys(self) -> Keys:
        """Idempotency keys folded from their attempts."""
        return aggregate_keys(self.acks)

    def asks(self, operations: Iterable[str]) -> bool:
        """Whether any customer asked for one of these, under a key."""
        return bool(np.isin(self.keys.op, [self.plan.operations.index(name) for name in operations]).any())

    @cached_property
    def operations(self) -> Operations:
        """Operations folded from their attempts; a refusal that the read-back contradicts is a failure."""
        folded = aggregate_operations(self.attempts)
        return folded.failed(self.contradicted)

    @cached_property
    def contradicted(self) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
        """Ids of operations that were refused although the read-back shows nothing that allowed it."""
        nothing = np.empty(0, np.uint64)
        if any(waiver.check == "honest-refusals" for waiver in self.plan.scenario.waive):
            return nothing
        by_reason = np.array([refusal.operation_id for refusal in self.false_refusals], np.uint64)
        if self.t0_ms is None or not self._whole("effects") or not self._whole("stock"):
            return by_reason
        return np.union1d(by_reason, contradicted(self.acks, self.tables["effects"], self.tables["stock"], self.plan, self.t0_ms))

    @cached_property
    def false_refusals(self) -> list[FalseRefusal]:
        """Refusals whose reason the books contradict; none where there are no effects to hold them against."""
        if self.t0_ms is None or not self._whole("effects"):
            return []
        stock = self.tables["stock"] if self._whole("stock") else None
        return false_refusals(self.acks, Books(self.plan, self.t0_ms, self.tables["effects"], stock, self.tier))

    def tier(self, customer: int) -> TierName:
        """A customer's, by number; a number that nobody of this run has is as one that is drawn."""
        return (
            self._tiers[customer]
            if 0 <= customer < len(self._tiers)
            else tier_of(self.plan.scenario.population.tiers, self.plan.seed, customer)
        )

    @cached_property
    def _tiers(self) -> list[TierName]:
        return tiers_of(self.plan.scenario.population.tiers, self.plan.seed, self.plan.scenario.population.customers)

    def _whole(self, role: str) -> bool:
        return role in self.tables and role not in self.table_problems

    @cached_property
    def traffic(self) -> Traffic:
        """What customers felt: everything but the pulse."""
        return Traffic.of(self.operations.select(~self.operations.pulse), self.plan, self.load_ends_s)

    @cached_property
    def customer_attempts(self) -> Traffic:
        """The same, each attempt by itself: for service times."""
        attempts = each_attempt(self.attempts, self.attempts["flags"] & FLAG_PULSE == 0)
        return Traffic.of(attempts, self.plan, self.load_ends_s)

    @cached_property
    def pulse(self) -> Traffic:
        """What the drills' pulse felt."""
        return Traffic.of(self.operations.select(self.operations.pulse), self.plan, self.load_ends_s)

    @cached_property
    def own_delay(self) -> OwnDelay:
        """When the load generator itself was late."""
        return OwnDelay.of(self.samples)

    def at_least(self, traffic: Traffic, since_s: float) -> Traffic:
        """The operations without what the load generator itself may have added to their latencies from then on."""
        return Traffic.of(self.own_delay.taken_from(traffic.operations, round(since_s * 1e9)), self.plan, self.load_ends_s)

    @cached_property
    def strikes(self) -> list[StrikeOutcome]:
        """The drills that were planned, and what became of each; in an observed run the outages that were seen."""
        scenario = self.plan.scenario
        return [*strikes(scenario, self.events), *observed_strikes(scenario, self.pulse, self.events, self.load_ends_s)]

    def breaker_trials(self, strike: StrikeOutcome) -> list[BreakerTrial]:
        """What each circuit breaker did in a strike. Raises NoEvidence as `breaker_trials` of the measures does."""
        if strike.id not in self._breaker_trials:
            self._breaker_trials[strike.id] = breaker_trials(strike, self)
        return self._breaker_trials[strike.id]

    def pause_trial(self, strike: StrikeOutcome) -> PauseTrial:
        """What the campaign's kill switch did in a strike. Raises NoEvidence as `pause_trial` of the measures does."""
        if strike.id not in self._pause_trials:
            self._pause_trials[strike.id] = pause_trial(strike, self)
        return self._pause_trials[strike.id]

    @cached_property
    def _breaker_trials(self) -> dict[str, list[BreakerTrial]]:
        """By strike, as far as they were asked for."""
        return {}

    @cached_property
    def _pause_trials(self) -> dict[str, PauseTrial]:
        """The same."""
        return {}

    @cached_property
    def inviters(self) -> dict[int, Inviter]:
        """Who invited whom, and got what for it. Raises NotMapped and NoEvidence as `inviters` of the measures does."""
        return inviters(self)

    @cached_property
    def bundles(self) -> Bundles:
        """Orders of bundles, and what goes with them. Raises NotMapped and NoEvidence as `bundles` of the measures does."""
        return bundles(self)

    @cached_property
    def kpis(self) -> list[Kpi]:
        """What the service reports of itself. Raises NotMapped and NoEvidence as `kpis` of the measures does."""
        return kpis(self)

    @cached_property
    def payout_promises(self) -> list[Promise]:
        """What is paid within working days. Raises NotMapped and NoEvidence as `payout_promises` of the measures does."""
        return payout_promises(self)

    @cached_property
    def responses(self) -> list[Response]:
        """Customers' tickets. Raises NotMapped and NoEvidence as `responses` of the measures does."""
        return responses(self)

    @cached_property
    def movements(self) -> dict[str, Movements]:
        """What moved in the accounts of who was shown anything. Raises NotMapped and NoEvidence as `movements` of the measures does."""
        return movements(self)

    @cached_property
    def reconciliation(self) -> Reconciliation:
        """What became of every idempotency key. Raises NoEvidence where there are no effects to look at."""
        return reconcile(self.keys, self.table("effects"), self.plan)

    @cached_property
    def recoveries(self) -> list[Recovery]:
        """The recovery of each drill that struck."""
        try:
            found, reason = self.reconciliation, ""
        except NoEvidence as missing:
            found, reason = None, str(missing)
        return recoveries(self.strikes, self.pulse, self.events, found, reason, self.load_ends_s)


def read_evidence(folder: Path) -> Evidence:
    """Reads a run folder. Damage becomes part of the evidence.

    Raises:
        BadInput: it is no run folder, or of another format.
    """
    run = Run(folder)
    plan = run.plan()
    chains = read_chains(run, plan.identity)
    samples, acks, shown = read_samples(run, plan, chains), read_acks(run, plan, chains), read_shown(run, plan, chains)
    tables = read_tables(run, plan, chains)
    changed = (*_changed_plan(run, chains), *samples.broken, *acks.broken, *shown.broken, *tables.broken)
    of_effects = np.isin(shown.records["operation_index"], _effectful(plan))
    return Evidence(
        plan,
        samples.records,
        acks.records,
        shown.records[~of_effects],
        shown.records[of_effects],
        chains.events,
        chains.broken,
        chains.unended,
        changed,
        tables.rows,
        tables.problems,
        tables.manifest,
        tables.statements,
    )


def _effectful(plan: Plan) -> list[int]:
    """Places of the operations that have an effect."""
    mapped = plan.target.operations
    return [place for place, name in enumerate(plan.operations) if name in mapped and mapped[name].effect]


def _changed_plan(run: Run, chains: Chains) -> list[str]:
    """The plan is sealed by the first thing that the door tells."""
    if chains.started is None:
        return ["scenario.json is held by no seal: events/door.jsonl does not tell of this run's start"]
    if chains.started.plan_seal == run.plan_seal:
        return []
    return ["scenario.json is not what it was when the run began"]
