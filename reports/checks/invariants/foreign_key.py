"""An idempotency key is its customer's own: who sends another's is not answered with that one's effect."""

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NotMapped
from reports.formatting import many
from reports.measures.offenders import none_wrong

ID = "foreign-key"
TITLE = "Nobody is answered with another customer's effect"
KIND = Kind.INVARIANT


def check(evidence: Evidence) -> Finding:
    """Some customers try it when all is over, with the very request that the key belongs to."""
    tried = [statement for statement in evidence.statements or () if statement.under_key and not statement.of_own_key]
    answered = [statement for statement in tried if statement.answered]
    if not answered:
        raise NotMapped(f"nobody tried another's idempotency key{': ' + tried[0].reason if tried else ''}")
    wrong = [
        f"customer {statement.customer}, {statement.operation} under customer {statement.owner}'s key: is told their effect"
        + (f" of {statement.fen} fen" if statement.fen is not None else "")
        for statement in answered
        if statement.value
    ]
    detail = f"another's key was tried {many(len(answered), 'time')}, {len(wrong) or 'never'} with the answer of its owner"
    return none_wrong(ID, wrong, "answers", detail)
