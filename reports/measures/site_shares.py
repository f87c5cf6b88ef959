"""How the work is divided between the sites again, once what was lost has come back.

Least site share = the least share of any site that the target's file names, of the effects that the target answered in the last W of the
load (or before the next strike), W the strike's window. Nothing of it counts before the strike is healed.
"""

from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NoEvidence
from reports.measures.drill_outcomes import StrikeOutcome

if TYPE_CHECKING:
    from reports.evidence import Evidence


def least_site_share(strike: StrikeOutcome, evidence: "Evidence") -> tuple[str, float]:
    """The site, and its share.

    Raises:
        NoEvidence: the target's file names no sites, what was lost did not come back under load, or no effect was answered since.
    """
    sites = evidence.plan.target.sites
    if not sites:
        raise NoEvidence("the target's file names no sites (`sites`)")
    ends_s = min(evidence.load_ends_s, strike.next_zero_s)
    if strike.healed_s is None or strike.healed_s >= ends_s:
        raise NoEvidence(f"{strike.id} was not healed while there was load")
    since_ns = max(strike.healed_s, ends_s - strike.drill.window) * 1e9
    acks = evidence.acks
    answered = acks["site"][(acks["site"] != b"") & (acks["sent_ns"] >= since_ns) & (acks["sent_ns"] <= ends_s * 1e9)]
    if not len(answered):
        raise NoEvidence(f"no effect was answered by a site since {strike.id} was healed")
    shares = {name: float(np.mean(answered == name.encode())) for name in sites}
    least = min(shares, key=lambda name: (shares[name], name))
    return least, shares[least]
