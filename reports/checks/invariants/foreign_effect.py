"""What is another customer's (coupon, packet, payment) takes no effect for others, nor is it shown to them, whoever knows its number."""

from collections.abc import Iterator

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NotMapped
from reports.formatting import many
from reports.measures.offenders import none_wrong
from scenarios.run.outcomes import Outcome, Probe
from scenarios.run.records import Records

ID = "foreign-effect"
TITLE = "Nobody has what is another's"
KIND = Kind.INVARIANT

_UNDECIDED = (0, Outcome.UNKNOWN, Outcome.SHED)


def check(evidence: Evidence) -> Finding:
    """Some customers try it during the run, others when all is over; each is to be refused."""
    tried = evidence.acks[evidence.acks["probe"] == Probe.FOREIGN]
    answered = tried[~np.isin(tried["outcome"], _UNDECIDED)]
    afterwards = [statement for statement in evidence.statements or () if statement.of_effect]
    told = [statement for statement in afterwards if statement.answered]
    if not len(answered) and not told:
        raise NotMapped(f"nobody tried what is another customer's{' and was answered' if len(tried) or afterwards else ''}")
    wrong = [*_during(evidence, answered)]
    wrong += [
        f"customer {statement.customer}: {statement.operation} of customer {statement.owner}'s {statement.subject} succeeds"
        for statement in told
        if statement.value
    ]
    detail = f"what is another's was asked for {many(len(answered) + len(told), 'time')}, {len(wrong) or 'never'} with success"
    return none_wrong(ID, wrong, "answers", detail)


def _during(evidence: Evidence, answered: Records) -> Iterator[str]:
    got = answered[answered["outcome"] == Outcome.SUCCESS]
    for ack in got[np.argsort(got["done_ns"], kind="stable")]:
        name = evidence.plan.operations[int(ack["operation_index"])]
        thing = ack["business"].decode(errors="replace")
        yield f"customer {ack['customer']} at {ack['done_ns'] / 1e9:.3f} s: {name} of another's {thing} succeeds"
