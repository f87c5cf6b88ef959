"""What is another customer's is refused: their account is neither shown to others nor paid from by them."""

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NotMapped
from reports.formatting import many
from reports.measures.offenders import none_wrong

ID = "foreign-account"
TITLE = "Nobody looks into another's account or pays from it"
KIND = Kind.INVARIANT


def check(evidence: Evidence) -> Finding:
    """Some customers try it when all is over; each can see an account of their own."""
    tried = [
        statement
        for statement in evidence.statements or ()
        if statement.owner is not None and not statement.under_key and not statement.of_effect
    ]
    answered = [statement for statement in tried if statement.answered]
    if not answered:
        raise NotMapped(f"nobody tried another's account{': ' + tried[0].reason if tried else ''}")
    wrong = [
        f"customer {statement.customer}, {statement.operation} of customer {statement.owner}'s {statement.subject}: "
        + (f"gets {statement.value} fen" if statement.operation in _effectful(evidence) else f"is shown {statement.value} fen")
        for statement in answered
        if statement.value is not None
    ]
    detail = f"another's account was tried {many(len(answered), 'time')}, {len(wrong) or 'never'} with success"
    return none_wrong(ID, wrong, "answers", detail)


def _effectful(evidence: Evidence) -> set[str]:
    return {name for name, operation in evidence.plan.target.operations.items() if operation.effect}
