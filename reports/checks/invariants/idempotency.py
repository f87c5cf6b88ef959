"""A key has one effect; sent again it gives the same answer; with another body, or missing, it is refused as such."""

from collections.abc import Iterator

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, judged
from reports.formatting import few, many
from scenarios.run.outcomes import Outcome, Probe
from scenarios.run.records import CODE_MISMATCH, CODE_MISSING, Records

ID = "idempotency"
TITLE = "The same key has one effect and one answer"
KIND = Kind.INVARIANT

_UNDECIDED = (0, Outcome.UNKNOWN, Outcome.SHED)
_OWED = {Probe.REPLAY: "the same answer", Probe.MISMATCH: "a refusal of the key", Probe.MISSING: "a refusal for want of a key"}


def check(evidence: Evidence) -> list[Finding]:
    """Effects per key; and the answers to the probes that were sent on purpose."""
    acks = evidence.acks[evidence.acks["probe"] != Probe.NONE]
    broken, judged_count = [], 0
    for probe, name, holds in _answers(evidence, acks):
        judged_count += 1
        if not holds:
            broken.append(f"{name}: {probe.name.lower()} owed {_OWED[probe]}")
    found = [_duplicates(evidence)]
    if not judged_count and found[0].status == "PASS" and len(evidence.acks):
        raise NoEvidence("no probe of a repeated, misused or missing key was answered")
    found.append(
        judged(
            not broken,
            "idempotency-answers",
            len(broken),
            0,
            "answers",
            f"{many(judged_count, 'probe')} of repeated, misused or missing keys, {len(broken) or 'none'} answered wrongly",
            few(sorted(broken)),
            title="A repeated, misused or missing key is answered as owed",
        )
    )
    return found


def _duplicates(evidence: Evidence) -> Finding:
    reconciled = evidence.reconciliation
    twice = np.flatnonzero(reconciled.duplicates)
    return judged(
        not len(twice),
        ID,
        len(twice),
        0,
        "keys",
        f"{len(twice) or 'none'} of {many(int(reconciled.present.sum()), 'key')} took effect more than once",
        few(
            f"{evidence.plan.operations[reconciled.keys.op[row]]} {reconciled.keys.business[row].decode(errors='replace')}: "
            f"{reconciled.effects[row]} effects"
            for row in twice.tolist()
        ),
    )


def _answers(evidence: Evidence, acks: Records) -> Iterator[tuple[Probe, str, bool]]:
    """Each probe that got a definite answer, and whether it is the one that is owed."""
    firsts = {
        (int(ack["key_hi"]), int(ack["key_lo"])): int(ack["answer"])
        for ack in acks[(acks["probe"] == Probe.FIRST) & (acks["outcome"] == Outcome.SUCCESS)]
    }
    for ack in acks[~np.isin(acks["outcome"], _UNDECIDED)]:
        probe, success = Probe(int(ack["probe"])), int(ack["outcome"]) == Outcome.SUCCESS
        name = f"{evidence.plan.operations[int(ack['operation_index'])]} {ack['business'].decode(errors='replace')}"
        if probe is Probe.MISSING:
            yield probe, name, int(ack["code"]) == CODE_MISSING and not success
            continue
        first = firsts.get((int(ack["key_hi"]), int(ack["key_lo"])))
        if first is None or probe is Probe.FIRST:
            continue  # what came of the first sending is not certain, so nothing is owed
        if probe is Probe.REPLAY:
            yield probe, name, success and int(ack["answer"]) == first
        elif probe is Probe.MISMATCH:
            yield probe, name, int(ack["code"]) == CODE_MISMATCH and not success
