"""What customers accepted is the version of the rules that was in force, and a grant names the one that it was granted under."""

from collections.abc import Iterator

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many
from reports.measures.offenders import Offender, first_worst_last
from reports.measures.rules import Named, accepted, recorded

ID = "rules"
TITLE = "Accepted and granted under the rules in force"
KIND = Kind.INVARIANT
PLAN = ("P2-12", "P3-02")


def check(evidence: Evidence) -> Finding:
    """What customers were told that they accepted first, then what the read-back names, each against the plan's change of rules."""
    told = accepted(evidence)
    named = recorded(evidence)
    wrong = [*_out_of_force(told, "was told of"), *_out_of_force(named, "names")]
    detail = f"{many(len(told), 'acceptance')}, {many(len(named), 'effect')} that name a version; {len(wrong) or 'none'} not by the rules"
    return judged(not wrong, ID, len(wrong), 0, "versions", detail, first_worst_last(wrong))


def _out_of_force(found: list[Named], how: str) -> Iterator[Offender]:
    for one in found:
        if one.version not in one.in_force:
            there = " or ".join(map(str, sorted(one.in_force)))
            yield Offender(one.at_ms, 1, f"{one.name} {how} version {one.version}, where version {there} was in force")
