"""What is another customer's takes no effect for others: neither their coupon nor their red packet, whoever knows its number."""

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NotMapped
from reports.formatting import many
from reports.measures.offenders import none_wrong
from scenarios.run.outcomes import Outcome, Probe

ID = "foreign-effect"
TITLE = "Nobody has what is another's"
KIND = Kind.INVARIANT

_UNDECIDED = (0, Outcome.UNKNOWN, Outcome.SHED)


def check(evidence: Evidence) -> Finding:
    """Some customers try it during the run; each is to be refused."""
    tried = evidence.acks[evidence.acks["probe"] == Probe.FOREIGN]
    answered = tried[~np.isin(tried["outcome"], _UNDECIDED)]
    if not len(answered):
        raise NotMapped(f"nobody tried what is another customer's{' and was answered' if len(tried) else ''}")
    got = answered[answered["outcome"] == Outcome.SUCCESS]
    wrong = [
        f"customer {ack['customer']} at {ack['done_ns'] / 1e9:.3f} s: {evidence.plan.operations[int(ack['operation_index'])]} "
        f"of another's {ack['business'].decode(errors='replace')} succeeds"
        for ack in got[np.argsort(got["done_ns"], kind="stable")]
    ]
    detail = f"what is another's was asked for {many(len(answered), 'time')}, {len(wrong) or 'never'} with success"
    return none_wrong(ID, wrong, "answers", detail)
