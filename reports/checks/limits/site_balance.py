"""No site is slower, or fails more, than another that does the same work: customers are sent to either, and half of them would feel it."""

from collections.abc import Iterator

import numpy as np

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, Status
from reports.formatting import few, many, measured
from reports.measures.arrays import Bools, Floats
from reports.measures.calm import in_calm
from scenarios.run.outcomes import Outcome, Probe
from scenarios.run.records import Records

ID = "site-balance"
TITLE = "No site is worse than another"
KIND = Kind.GATE

_LEAST = 100  # answers of each of two sites
_Z = 5.0  # standard errors: less than one in a million by chance
_LEAST_MS, _LEAST_RATIO = 30.0, 0.5  # that a site must be slower by, beyond chance: by so much, and by this share of the faster one
_LEAST_FAILING = 0.02


def check(evidence: Evidence) -> list[Finding]:
    """Each effectful operation by the site that answered, over the calm of the run. Reads tell no site, nor does a silence."""
    acks = evidence.acks[(evidence.acks["site"] != b"") & (evidence.acks["probe"] <= Probe.FIRST)]
    compared = list(_compared(acks[in_calm(evidence, acks["intended_ns"] / 1e9)]))
    if not compared:
        return []
    worse = [(evidence.plan.operations[op], sentence) for op, found in compared for sentence in found]
    detail = f"{many(len(compared), 'operation')} compared by site, none worse than the other"
    if worse:
        detail = f"{worse[0][0]}: {worse[0][1]}"
    status, shown = Status.FAIL if worse else Status.PASS, few(f"{name}: {sentence}" for name, sentence in worse)
    return [Finding(ID, status, len(worse), 0, "differences", detail, shown, about=(About.TRAFFIC,))]


def _compared(acks: Records) -> Iterator[tuple[int, list[str]]]:
    """Each operation that two sites have answered often enough, and in what one is worse than the best."""
    for op in np.unique(acks["operation_index"]).tolist():
        mine = acks[acks["operation_index"] == op]
        sites, counts = np.unique(mine["site"], return_counts=True)
        often = [bytes(site) for site in sites[counts >= _LEAST]]
        if len(often) >= 2:  # noqa: PLR2004 - one cannot be compared
            yield int(op), [*_slower(mine, often), *_failing(mine, often)]


def _slower(acks: Records, sites: list[bytes]) -> Iterator[str]:
    done: Bools = acks["outcome"] == Outcome.SUCCESS
    took_ms: Floats = (acks["done_ns"][done] - acks["sent_ns"][done]) / 1e6
    if not len(took_ms):
        return
    took_ms = np.minimum(took_ms, np.percentile(took_ms, 95))  # a few slow answers are not a slow site
    groups = {site: took_ms[acks["site"][done] == site] for site in sites}
    groups = {site: group for site, group in groups.items() if len(group) >= _LEAST}
    if len(groups) < 2:  # noqa: PLR2004 - as above
        return
    best = min(groups, key=lambda site: (float(groups[site].mean()), site))
    for site, group in sorted(groups.items()):
        fast = float(groups[best].mean())
        more = float(group.mean()) - fast
        chance = _Z * float(np.sqrt(group.var() / len(group) + groups[best].var() / len(groups[best])))
        if more - chance > max(_LEAST_MS, _LEAST_RATIO * fast):
            name, other = site.decode(errors="replace"), best.decode(errors="replace")
            yield f"site {name} takes {measured(more + fast, 'ms')} on average, site {other} {measured(fast, 'ms')}"


def _failing(acks: Records, sites: list[bytes]) -> Iterator[str]:
    failed: Bools = acks["outcome"] == Outcome.FAILURE
    counts = {site: (int(np.count_nonzero(failed & (acks["site"] == site))), int(np.count_nonzero(acks["site"] == site))) for site in sites}
    best = min(sites, key=lambda site: (counts[site][0] / counts[site][1], site))
    low = counts[best][0] / counts[best][1]
    for site in sites:
        bad, count = counts[site]
        pooled = (bad + counts[best][0]) / (count + counts[best][1])
        chance = _Z * float(np.sqrt(pooled * (1 - pooled) * (1 / count + 1 / counts[best][1])))
        if bad / count - low > max(_LEAST_FAILING, chance):
            name, other = site.decode(errors="replace"), best.decode(errors="replace")
            yield f"site {name} fails {measured(bad / count, 'ratio')}, site {other} {measured(low, 'ratio')}"
