"""What an answer told of an effect besides its amount is what the effect's row tells: when, until when, under which number."""

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many
from reports.measures.offenders import Offender, first_worst_last
from reports.measures.told_details import told_details

ID = "told-as-recorded"
TITLE = "What customers are told of an effect is what is kept of it"
KIND = Kind.INVARIANT


def check(evidence: Evidence) -> Finding:
    """Of a sample of customers each detail that the target's file names beside the effect (`tells`)."""
    found = told_details(evidence)
    wrong = [Offender(detail.at_ms, 1, detail.sentence) for detail in found if not detail.same]
    customers = len({detail.customer for detail in found})
    detail = (
        f"{many(len(found), 'detail')} told to {many(customers, 'customer')}, {len(wrong) or 'none'} that the effect's row tells otherwise"
    )
    return judged(not wrong, ID, len(wrong), 0, "details", detail, first_worst_last(wrong))
