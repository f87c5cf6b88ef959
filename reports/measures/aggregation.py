"""Attempts fold into operations by operation id, and into keys by idempotency key: success, else unknown, else what was said."""

from dataclasses import dataclass, fields, replace

import numpy as np

from reports.measures.arrays import I64, U8, U16, U32, U64, Bools, among, rows_of
from scenarios.run.latency import latency_us, unanswered
from scenarios.run.outcomes import FOLD_RANK, ONE_EFFECT, Outcome, Probe, Promise
from scenarios.run.records import (
    FLAG_CENSORED,
    FLAG_PULSE,
    FLAG_UNSENT,
    MARK_DONE,
    NO_AMOUNT,
    SAMPLE,
    STREAM_PULSE,
    Records,
)

_RANKED = sorted(FOLD_RANK, key=FOLD_RANK.__getitem__)
_RANK_OF = np.full(256, len(_RANKED), np.uint8)
for _outcome, _rank in FOLD_RANK.items():
    _RANK_OF[_outcome] = _rank
_RANK_OF[0] = FOLD_RANK[Outcome.UNKNOWN]  # an intent that was never answered
_OUTCOME_OF = np.array([*_RANKED, Outcome.UNKNOWN], np.uint8)


@dataclass(frozen=True, slots=True)
class Operations:
    """Operations, ascending by id: arrays of one length."""

    operation: U64
    op: U16  # index of the operation's name
    intended_ns: I64  # the first intent
    latency_us: I64  # first intent -> final answer
    service_us: U32  # sent -> done; of several attempts, the last one's
    outcome: U8
    attempts: U32
    censored: Bools  # no answer ever came: the latency is a lower bound
    pulse: Bools
    unsent: Bools  # the generator never sent it

    def __len__(self) -> int:
        """How many."""
        return len(self.operation)

    def select(self, which: Bools) -> "Operations":
        """Those of a mask; where they stand together, no copy."""
        rows = rows_of(which)
        return Operations(*(getattr(self, field.name)[rows] for field in fields(self)))

    def at(self, places: I64) -> "Operations":
        """Those at these places, in their order."""
        return Operations(*(getattr(self, field.name)[places] for field in fields(self)))

    def failed(self, operations: U64) -> "Operations":
        """The same, with these operations turned into failures."""
        hit = among(self.operation, operations)
        return replace(self, outcome=np.where(hit, np.uint8(Outcome.FAILURE), self.outcome))


def without_misuse(samples: Records, acks: Records) -> Records:
    """Samples without those of the probes that misuse a key on purpose: an owed refusal says nothing about service."""
    odd = acks[acks["probe"] > Probe.FIRST]
    if not len(odd):
        return samples
    near = np.flatnonzero(among(samples["operation_id"], odd["operation_id"]))
    pairs = set(zip(odd["operation_id"].tolist(), odd["attempt"].tolist(), strict=True))
    first = acks[acks["probe"] <= Probe.FIRST]
    first = first[among(first["operation_id"], odd["operation_id"])]
    pairs -= set(zip(first["operation_id"].tolist(), first["attempt"].tolist(), strict=True))
    keep = np.ones(len(samples), bool)
    keep[[index for index in near.tolist() if (int(samples["operation_id"][index]), int(samples["attempt"][index])) in pairs]] = False
    return samples[keep]


def with_unrecorded(samples: Records, acks: Records, end_ns: int) -> Records:
    """Samples, and one for each honest ack whose operation has none: its process died before it could write the sample.

    What was never answered is unknown, and censored at `end_ns`.
    """
    lost = acks[(acks["probe"] <= Probe.FIRST) & ~among(acks["operation_id"], samples["operation_id"])]
    if not len(lost):
        return samples
    made = np.zeros(len(lost), SAMPLE)
    for name in ("intended_ns", "operation_id", "operation_index", "status", "attempt"):
        made[name] = lost[name]
    answered = (lost["mark"] == MARK_DONE) & (lost["outcome"] != 0)
    made["outcome"] = np.where(answered, lost["outcome"], Outcome.UNKNOWN)
    done_ns = np.where(answered, lost["done_ns"], np.maximum(end_ns, lost["sent_ns"]))
    made["dispatch_us"] = np.maximum(lost["sent_ns"] - lost["intended_ns"], 0) // 1000
    made["service_us"] = np.maximum(done_ns - lost["sent_ns"], 0) // 1000
    pulse = lost["operation_id"] >> np.uint64(60) == STREAM_PULSE
    made["flags"] = np.where(pulse, FLAG_PULSE, 0) | np.where(answered, 0, FLAG_CENSORED)
    made["mark"] = MARK_DONE
    return np.concatenate([samples, made])


def aggregate_operations(samples: Records) -> Operations:
    """Operations from their attempts, whatever the order of the samples.

    A column at a time: of millions of samples no second copy is made.
    """
    if not len(samples):
        return each_attempt(samples, np.zeros(0, bool))
    order, operation = _by_operation(samples)
    starts = np.flatnonzero(np.r_[True, operation[1:] != operation[:-1]])
    ends = np.r_[starts[1:], len(order)] - 1
    operation = operation[starts]
    intended = samples["intended_ns"][order]
    first = np.minimum.reduceat(intended, starts)
    done_us = np.maximum.reduceat(intended // 1000 + latency_us(samples)[order], starts)
    outcome = _OUTCOME_OF[np.minimum.reduceat(_RANK_OF[samples["outcome"][order]], starts)]
    flags = samples["flags"][order]
    every, each = np.bitwise_or.reduceat(flags, starts), np.bitwise_and.reduceat(flags, starts)
    return Operations(
        operation,
        samples["operation_index"][order[starts]],
        first,
        done_us - first // 1000,
        samples["service_us"][order[ends]],
        outcome,
        (ends - starts + 1).astype(np.uint32),
        unanswered(outcome, every),
        every & FLAG_PULSE != 0,
        each & FLAG_UNSENT != 0,
    )


def _by_operation(samples: Records) -> tuple[I64, U64]:
    """The order of samples by operation, attempt and intent, and their operation ids in it. Only several of one are compared further."""
    operation = np.ascontiguousarray(samples["operation_id"])
    order = np.argsort(operation, kind="stable")
    operation = operation[order]
    same = operation[1:] == operation[:-1]
    several = np.flatnonzero(np.r_[False, same] | np.r_[same, False])
    mine = order[several]
    order[several] = mine[np.lexsort((samples["intended_ns"][mine], samples["attempt"][mine], operation[several]))]
    return order, operation


def each_attempt(samples: Records, which: Bools) -> Operations:
    """Each attempt of a mask as if it were an operation of its own: for service times, which are the server's."""
    rows = rows_of(which)
    outcome, flags = samples["outcome"][rows], samples["flags"][rows]
    return Operations(
        samples["operation_id"][rows],
        samples["operation_index"][rows],
        samples["intended_ns"][rows],
        latency_us(samples)[rows],
        samples["service_us"][rows],
        outcome,
        np.broadcast_to(np.uint32(1), len(outcome)),
        unanswered(outcome, flags),
        flags & FLAG_PULSE != 0,
        flags & FLAG_UNSENT != 0,
    )


@dataclass(frozen=True, slots=True)
class Keys:
    """Idempotency keys folded from their honest attempts, ascending: arrays of one length."""

    key_hi: U64
    key_lo: U64
    op: I64
    outcome: U8
    intended_ns: I64
    ended_ns: I64  # of a success: when it was first answered; else when the last attempt ended, or was sent
    customer: I64  # who asked
    asked_fen: I64  # NO_AMOUNT where there is none
    shown_fen: I64  # by the success; NO_AMOUNT where it showed none
    terms: U64  # digest of the parties or the item asked for, 0 where the target's file names none
    answer: U64  # digest of the effect id that the success named, 0 where none
    accepted: Bools  # the success only promises a later terminal state
    business: "np.ndarray[tuple[int], np.dtype[np.bytes_]]"

    def __len__(self) -> int:
        """How many."""
        return len(self.op)

    @property
    def amount_fen(self) -> I64:
        """As the success showed it, else as it was asked; NO_AMOUNT where there is none."""
        found: I64 = np.where(self.shown_fen == NO_AMOUNT, self.asked_fen, self.shown_fen)
        return found

    def select(self, which: Bools) -> "Keys":
        """Those of a mask."""
        return Keys(*(getattr(self, field.name)[which] for field in fields(self)))


def aggregate_keys(acks: Records) -> Keys:
    """Keys from their attempts; attempts without a key, and those that misuse one on purpose, are left out."""
    mine = acks[np.isin(acks["probe"], ONE_EFFECT) & ((acks["key_hi"] != 0) | (acks["key_lo"] != 0))]
    rank = _RANK_OF[mine["outcome"]]
    # The attempt that decides comes first: the best outcome, of those the earliest answered.
    moment = np.where(mine["done_ns"] != 0, mine["done_ns"], mine["sent_ns"])
    ordered = np.lexsort((mine["attempt"], moment, rank, mine["key_lo"], mine["key_hi"]))
    mine, moment, rank = mine[ordered], moment[ordered], rank[ordered]
    if not len(mine):
        return _keys(mine, moment, rank)
    starts = np.flatnonzero(np.r_[True, (mine["key_hi"][1:] != mine["key_hi"][:-1]) | (mine["key_lo"][1:] != mine["key_lo"][:-1])])
    last = np.maximum.reduceat(moment, starts)
    intended = np.minimum.reduceat(mine["intended_ns"], starts)
    first = _keys(mine[starts], np.where(rank[starts] == FOLD_RANK[Outcome.SUCCESS], moment[starts], last), rank[starts])
    return replace(first, intended_ns=intended)


def _keys(mine: Records, ended_ns: I64, rank: U8) -> Keys:
    return Keys(
        mine["key_hi"],
        mine["key_lo"],
        mine["operation_index"].astype(np.int64),
        _OUTCOME_OF[rank],
        mine["intended_ns"],
        ended_ns,
        mine["customer"].astype(np.int64),
        mine["asked_fen"],
        mine["shown_fen"],
        mine["terms"],
        mine["answer"],
        mine["promise"] == Promise.ACCEPTED,
        mine["business"],
    )
