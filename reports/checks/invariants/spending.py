"""What customers are told that they have spent is what they were told was paid, to the fen, whatever it was for."""

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NotMapped
from reports.formatting import many
from reports.measures.offenders import none_wrong
from reports.measures.spending import spent
from scenarios.target.views import SpentView

ID = "spending"
TITLE = "What one has spent is what one has paid"
KIND = Kind.INVARIANT
PLAN = ("P2-06",)


def check(evidence: Evidence) -> Finding:
    """Each sum that a report showed a sample of customers, against the books by then."""
    operations = evidence.plan.target.operations.values()
    if not any(isinstance(view, SpentView) for one in operations if one.shows for view in one.shows.views):
        raise NotMapped("nothing in the target's file shows what a customer has spent (`spent`)")
    evidence.need_all_effects()
    found = spent(evidence)
    if not found.held:
        raise NotMapped("no customer of this run was shown what they have spent")
    wrong = [*found.stale, *found.backwards]
    detail = f"{many(found.held, 'sum')} shown of what somebody has spent, {len(wrong) or 'none'} other than what they had paid by then"
    return none_wrong(ID, wrong, "sums", detail)
