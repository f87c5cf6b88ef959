"""A key is remembered: who sends a request again long after, and after a failover, is told what they were told at first."""

from collections.abc import Iterator, Sequence

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NotMapped
from reports.formatting import many
from reports.measures.offenders import none_wrong
from scenarios.run.statements import Statement

ID = "own-key"
TITLE = "Who sends an old request again is told the same"
KIND = Kind.INVARIANT

_LEAST = 3
"""So many of an operation are left without an answer, and so many others are not, before that is no chance."""

_BUSY = (" answers 429", " answers 503")


def check(evidence: Evidence) -> Finding:
    """Some customers do it when all is over, each with the oldest request of theirs."""
    tried = [statement for statement in evidence.statements or () if statement.under_key]
    own = [statement for statement in tried if statement.of_own_key]
    answered = [statement for statement in own if statement.answered]
    struck = any(strike.zero_s is not None for strike in evidence.strikes)
    wrong = [*_otherwise(answered), *_mute(tried, struck=struck)]
    if not answered and not wrong:
        raise NotMapped(f"nobody sent an old request again{': ' + own[0].reason if own else ''}")
    count, wrongly = many(len(answered), "old request"), len(wrong) or "none"
    detail = f"{count} answered when sent again after all was over; {wrongly} not told the same as at first"
    return none_wrong(ID, wrong, "answers", detail)


def _otherwise(answered: Sequence[Statement]) -> Iterator[str]:
    for statement in answered:
        if not statement.value:
            yield f"customer {statement.customer}, {statement.operation} again under its own key: is not told the same"


def _mute(tried: Sequence[Statement], *, struck: bool) -> Iterator[str]:
    """Operations in which nobody is answered who asks under an own key: an error each time, though the load is over.

    Where a drill struck, something may still be broken: there everybody must be answered who asks under another's key.
    """
    for operation in sorted({statement.operation for statement in tried}):
        own, others = ([one for one in tried if one.operation == operation and one.of_own_key is mine] for mine in (True, False))
        failing = len(own) >= _LEAST and not any(one.answered or one.reason.endswith(_BUSY) for one in own)
        if failing and (not struck or (len(others) >= _LEAST and all(one.answered for one in others))):
            yield f"{operation} again under its own key: none of {len(own)} customers is answered ({own[0].reason})"
