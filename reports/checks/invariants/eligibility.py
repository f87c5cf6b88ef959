"""What is for customers of some tiers alone is promised and given to them, and to nobody else."""

from collections.abc import Iterator

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many
from reports.measures.eligibility import Given, eligibility
from reports.measures.offenders import Offender, first_worst_last

ID = "eligibility"
TITLE = "What is for some tiers goes to them alone"
KIND = Kind.INVARIANT
PLAN = ("P2-03", "P2-07")


def check(evidence: Evidence) -> Finding:
    """To whom it was promised first, then who has it by the read-back; a wrong no is one that honest-refusals finds."""
    found = eligibility(evidence)
    wrong = [*_offenders(found.wrong(found.promised), "was promised to"), *_offenders(found.wrong(found.recorded), "is given to")]
    detail = f"{many(len(found.promised), 'right')} promised; {len(wrong) or 'none'} to customers of another tier"
    return judged(not wrong, ID, len(wrong), 0, "rights", detail, first_worst_last(wrong))


def _offenders(wrong: list[Given], how: str) -> Iterator[Offender]:
    for one in wrong:
        yield Offender(one.at_ms, 1, f"{one.op} {one.business} {how} customer {one.customer}, who is {one.tier}")
