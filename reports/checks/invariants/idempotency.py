"""A key has one effect; sent again it gives the same answer; with another body, or missing, it is refused as such."""

from collections.abc import Iterator

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, judged
from reports.formatting import few, many
from scenarios.run.outcomes import Outcome, Probe
from scenarios.run.records import CODE_EXPIRED, CODE_MISMATCH, CODE_MISSING, Records

ID = "idempotency"
TITLE = "The same key has one effect and one answer"
KIND = Kind.INVARIANT
READS = ("effects",)

_UNDECIDED = (0, Outcome.UNKNOWN, Outcome.SHED)
_OWED = {
    Probe.REPLAY: "the same answer",
    Probe.MISMATCH: "a refusal of the key",
    Probe.MISSING: "a refusal for want of a key",
    Probe.TWIN: "the answer of its twin",
}


def check(evidence: Evidence) -> list[Finding]:
    """Effects per key; and the answers to the probes that were sent on purpose."""
    acks = evidence.acks[evidence.acks["probe"] != Probe.NONE]
    broken, judged_count = [], 0
    for probe, name, got in _answers(evidence, acks):
        judged_count += 1
        if got:
            broken.append(f"{name}: {probe.name.lower()} owed {_OWED[probe]}, got {got}")
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


def _answers(evidence: Evidence, acks: Records) -> Iterator[tuple[Probe, str, str]]:
    """Each probe that got a definite answer, and what that was where it is not the one that is owed.

    Who is sent away (shed), or whose token had run out, got none: what the service would have said of the key, it has not said.
    """
    firsts = {
        (int(ack["key_hi"]), int(ack["key_lo"])): int(ack["answer"])
        for ack in acks[(acks["probe"] == Probe.FIRST) & (acks["outcome"] == Outcome.SUCCESS)]
    }
    twins: dict[tuple[int, int], int] = {}
    for ack in acks[~np.isin(acks["outcome"], _UNDECIDED) & (acks["code"] != CODE_EXPIRED)]:
        probe, success = Probe(int(ack["probe"])), int(ack["outcome"]) == Outcome.SUCCESS
        name = f"{evidence.plan.operations[int(ack['operation_index'])]} {ack['business'].decode(errors='replace')}"
        got = "another success" if success else f"a {Outcome(int(ack['outcome'])).label}"
        if probe is Probe.MISSING:
            yield probe, name, "" if int(ack["code"]) == CODE_MISSING and not success else got
            continue
        key = int(ack["key_hi"]), int(ack["key_lo"])
        if probe is Probe.TWIN and success:  # one that is turned away while the other is under way has no answer yet
            yield probe, name, "" if twins.setdefault(key, int(ack["answer"])) == int(ack["answer"]) else got
        first = firsts.get(key)
        if first is None or probe is Probe.FIRST:
            continue  # what came of the first sending is not certain, so nothing is owed
        if probe is Probe.REPLAY:
            yield probe, name, "" if success and int(ack["answer"]) == first else got
        elif probe is Probe.MISMATCH:
            yield probe, name, "" if int(ack["code"]) == CODE_MISMATCH and not success else got
