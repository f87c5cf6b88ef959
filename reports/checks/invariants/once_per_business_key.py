"""One business effect per business key (who, what, in which period), whatever the retries."""

from collections import Counter
from collections.abc import Iterable, Mapping

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, judged
from reports.formatting import few, many
from reports.measures.arrays import Objects, column, known, optional
from reports.measures.books import other_ways

ID = "once-per-business-key"
TITLE = "One effect per business key"
KIND = Kind.INVARIANT
PLAN = ("P4-10",)
READS = ("effects",)


def check(evidence: Evidence) -> Finding:
    """Effects of each operation and business key, against one, or against the cap where its window allows more."""
    effects = evidence.table("effects")
    business, op = optional(effects, "business"), column(effects, "op")
    if not evidence.maps("effects", "business"):
        raise NoEvidence("the read-back's effects do not tell their business key")
    there = known(business)
    ways = other_ways(evidence.plan)
    held = Counter(zip(_ordinary(op[there], ways), business[there], strict=True))
    twice = {key: count for key, count in held.items() if count > 1}
    caps = _caps(evidence, twice)
    over = {key: count for key, count in sorted(twice.items()) if count > caps[key]}
    return judged(
        not over,
        ID,
        sum(count - caps[key] for key, count in over.items()),
        0,
        "effects",
        f"{many(len(held), 'business key')} with an effect, {len(over) or 'none'} with one too many",
        few(f"{key}: {count} effects of {name}" for (name, key), count in over.items()),
    )


def _caps(evidence: Evidence, keys: Iterable[tuple[object, object]]) -> dict[tuple[object, object], int]:
    """How many effects each key may have: one, or the cap where a window of its effects allows more."""
    caps = dict.fromkeys(keys, 1)
    if not caps or "windows" not in evidence.tables or "windows" in evidence.table_problems:
        return caps
    windows, effects = evidence.table("windows"), evidence.table("effects")
    allowed = {
        name: int(cap) for name, cap in zip(column(windows, "window"), optional(windows, "cap"), strict=True) if isinstance(cap, int)
    }
    found = zip(
        _ordinary(column(effects, "op"), other_ways(evidence.plan)), optional(effects, "business"), optional(effects, "window"), strict=True
    )
    for op, business, window in found:
        if (op, business) in caps:
            caps[op, business] = max(caps[op, business], allowed.get(window, 1))
    return caps


def _ordinary(ops: Objects, ways: Mapping[str, str]) -> Iterable[object]:
    """Each operation, by what it does."""
    return (ways.get(str(op), op) for op in ops) if ways else ops
