"""Who has registered has done so by a code of their own, sent before, still good, and used for nothing else."""

from collections.abc import Iterator

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many
from reports.measures.offenders import Offender, first_worst_last
from reports.measures.proofs import Proven, proven

ID = "proofs"
TITLE = "Nobody gets in without a proof of their own"
KIND = Kind.INVARIANT
PLAN = ("P1-05", "P3-09")


def check(evidence: Evidence) -> Finding:
    """Each effect that must rest on an earlier one of the same customer's, against that one as the read-back tells it."""
    found = proven(evidence)
    wrong = [offender for one in found for offender in _problems(one)]
    wrong += _used_twice(found)
    detail = f"{many(len(found), 'effect')} that rest on a proof; {len(wrong) or 'none'} without a good one"
    return judged(not wrong, ID, len(wrong), 0, "effects", detail, first_worst_last(wrong))


def _problems(one: Proven) -> Iterator[Offender]:
    proof = one.proof
    if proof is None:
        yield Offender(one.at_ms, 1, f"{one.name} of customer {one.customer} rests on {one.ref}, which there is not")
        return
    if proof.customer != one.customer:
        yield Offender(one.at_ms, 1, f"{one.name} of customer {one.customer} rests on {one.ref} of customer {proof.customer}")
    age_s = (one.at_ms - proof.at_ms) / 1000
    if age_s < 0:
        yield Offender(one.at_ms, -age_s, f"{one.name} is {-age_s:.1f} s older than {one.ref}, on which it rests")
    elif age_s > one.within_s:
        yield Offender(one.at_ms, age_s, f"{one.name} rests on {one.ref}, {age_s:.1f} s old; good for {one.within_s:g} s")


def _used_twice(found: list[Proven]) -> Iterator[Offender]:
    used: dict[str, list[Proven]] = {}
    for one in found:
        used.setdefault(one.ref, []).append(one)
    for ref, ones in used.items():
        if len(ones) > 1:
            yield Offender(
                max(one.at_ms for one in ones), len(ones), f"{ref} is used {len(ones)} times: for {', '.join(one.name for one in ones)}"
            )
