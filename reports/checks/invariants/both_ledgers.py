"""What a supplier says that it did for us, against what we say: once, over the same sum, and by nobody alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NotMapped, judged
from reports.formatting import few, many
from reports.measures.arrays import Objects, column, integers, known, optional
from reports.measures.books import other_ways
from scenarios.run.outcomes import Outcome
from scenarios.run.records import ACK

ID = "both-ledgers"
TITLE = "A supplier's ledger and ours agree"
KIND = Kind.INVARIANT
PLAN = ("P1-08", "P4-10")

_MOST_BYTES = ACK["business"].itemsize


@dataclass
class Done:
    """What a supplier did for one effect: how often, over which sums, and for what thing of business."""

    times: int = 0
    fen: set[int | None] = field(default_factory=set)
    business: bytes = b""


def check(evidence: Evidence) -> Finding:
    """Effect by effect. What a supplier has done and we have not is open, no fault, where the customer does not know how it ended."""
    if not (evidence.has("calls") and evidence.maps("calls", "ref")):
        raise NotMapped("the target's read-back has no calls to a supplier for an effect")
    done = _done(evidence)
    effects = _effects(evidence, {op for op, _ in done} | _operations(evidence))
    unknown, otherwise = _unknown(evidence), _otherwise(evidence)
    alone = {name: (name[0], one.business) for name, one in done.items() if one.times and name not in effects}
    open_ones = {name for name, thing in alone.items() if thing in unknown and thing not in otherwise}
    wrong = sorted(f"{op} {ref}: {problem}" for (op, ref), problem in _problems(done, effects, open_ones, otherwise))
    still = f"; {len(open_ones)} done by the supplier and unknown to the customer" if open_ones else ""
    detail = f"{many(len(effects), 'effect')} that a supplier takes part in, {len(wrong) or 'none'} told otherwise by the other side{still}"
    return judged(not wrong, ID, len(wrong), 0, "effects", detail, few(wrong))


Name = tuple[str, str]
"""Of an effect: its operation and its id."""


Ways = Mapping[tuple[str, bytes], str]
"""By an ordinary operation and a thing of business: the operation that did it another way."""


def _problems(
    done: Mapping[Name, Done], effects: Mapping[Name, int | None], open_ones: set[Name], otherwise: Ways
) -> Iterator[tuple[Name, str]]:
    for name, fen in effects.items():
        one = done.get(name, Done())
        if one.times != 1:
            yield name, f"with us once, {one.times} times with the supplier" if one.times else "with us, and not with the supplier"
        elif fen is not None and one.fen - {None, fen}:
            yield name, f"{fen} fen with us, {', '.join(map(str, one.fen))} fen with the supplier"
    for name, one in done.items():
        if name not in effects and name not in open_ones and one.times:
            by = otherwise.get((name[0], one.business))
            yield name, f"with the supplier, and with us once more by {by}" if by else "with the supplier, and not with us"
        elif name in open_ones and one.times > 1:
            yield name, f"not with us, {one.times} times with the supplier"


def _done(evidence: Evidence) -> dict[Name, Done]:
    """What suppliers did for effects, by the effect."""
    calls = evidence.table("calls")
    ops, refs = optional(calls, "op"), optional(calls, "ref")
    mine = np.flatnonzero(known(ops) & known(refs))
    times = integers(column(calls, "did")[mine], "did").tolist()
    fen, business = _sums(optional(calls, "amount_fen")[mine]), optional(calls, "business")[mine]
    found: dict[Name, Done] = {}
    for row, did, sum_fen, thing in zip(mine.tolist(), times, fen, business, strict=True):
        one = found.setdefault((str(ops[row]), str(refs[row])), Done())
        one.times += did
        one.business = str(thing).encode()[:_MOST_BYTES]
        if did:
            one.fen.add(sum_fen)
    return found


def _operations(evidence: Evidence) -> set[str]:
    """Operations that a supplier takes part in, as the target's file says."""
    sources = evidence.plan.target.readback.tables.values() if evidence.plan.target.readback else ()
    told = {source.fields.get("op", "") for source in sources if source.role == "calls"}
    return {op[1:-1] for op in told if op.startswith("'")}


def _effects(evidence: Evidence, of: set[str]) -> dict[Name, int | None]:
    """Our effects of those operations, with their sums."""
    effects = evidence.table("effects")
    ops, ids, fen = column(effects, "op"), column(effects, "id"), _sums(optional(effects, "amount_fen"))
    return {(str(op), str(ref)): sum_fen for op, ref, sum_fen in zip(ops, ids, fen, strict=True) if op in of}


def _sums(values: Objects) -> list[int | None]:
    """In whole fen, None where it is not told. Tables with and without a sum, put together, have it as a float."""
    there = known(values)
    whole = iter(integers(values[there], "amount_fen").tolist())
    return [next(whole) if one else None for one in there]


def _otherwise(evidence: Evidence) -> Ways:
    """What was done by another way than the ordinary one: the ordinary operation and the thing of business, and that way."""
    ways = other_ways(evidence.plan)
    effects = evidence.table("effects")
    rows = zip(column(effects, "op"), optional(effects, "business"), strict=True) if ways else ()
    return {(ways[op], str(thing).encode()[:_MOST_BYTES]): str(op) for op, thing in rows if op in ways}


def _unknown(evidence: Evidence) -> set[tuple[str, bytes]]:
    """Operations that ended without the customer's knowing how, and what they were for."""
    keys = evidence.keys
    rows = np.flatnonzero(keys.outcome == Outcome.UNKNOWN).tolist()
    return {(evidence.plan.operations[keys.op[row]], keys.business[row]) for row in rows}
