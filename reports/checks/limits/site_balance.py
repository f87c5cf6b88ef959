"""No site is slower, or fails more, than another that does the same work: customers are sent to either, and half of them would feel it."""

from collections.abc import Iterator

import numpy as np

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, Status
from reports.formatting import few, many, measured
from reports.measures.arrays import Bools, Floats
from reports.measures.calm import in_calm
from reports.measures.chance import by_chance
from scenarios.run.outcomes import NO_ERROR, Outcome, Probe
from scenarios.run.records import Records

ID = "site-balance"
TITLE = "No site is worse than another"
KIND = Kind.GATE

_LEAST = 100  # answers of each of two sites, for their times
_Z = 5.0  # standard errors: less than one in a million by chance
_LEAST_MS, _LEAST_RATIO = 30.0, 0.5  # that a site must be slower by, beyond chance: by so much, and by this share of the faster one
_LEAST_FAILING = 0.02
_CHANCE = 1e-5  # a run compares some ten times: one false alarm in ten thousand runs


def check(evidence: Evidence) -> list[Finding]:
    """Each effectful operation by the site that answered, over the calm of the run, and all of them. Reads tell no site, nor silence."""
    acks = evidence.acks[(evidence.acks["site"] != b"") & (evidence.acks["probe"] <= Probe.FIRST)]
    acks = acks[in_calm(evidence, acks["intended_ns"] / 1e9)]
    compared = list(_compared(acks, evidence.plan.operations))
    if not compared:
        return []
    worse = [f"{name}: {sentence}" for name, found in compared for sentence in found]
    worse += [f"all effects: {sentence}" for sentence in _failing(acks)]
    detail = worse[0] if worse else f"{many(len(compared), 'operation')} compared by site, none worse than the other"
    status = Status.FAIL if worse else Status.PASS
    return [Finding(ID, status, len(worse), 0, "differences", detail, few(worse), about=(About.TRAFFIC,))]


def _compared(acks: Records, operations: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Each operation that two sites have answered, and in what one is worse than the best."""
    for op in np.unique(acks["operation_index"]).tolist():
        mine = acks[acks["operation_index"] == op]
        if len(_sites(mine)) >= 2:  # noqa: PLR2004 - one cannot be compared
            yield operations[op], [*_slower(mine), *_failing(mine)]


def _sites(acks: Records) -> list[bytes]:
    return [bytes(site) for site in np.unique(acks["site"])]


def _slower(acks: Records) -> Iterator[str]:
    done: Bools = acks["outcome"] == Outcome.SUCCESS
    took_ms: Floats = (acks["done_ns"][done] - acks["sent_ns"][done]) / 1e6
    if not len(took_ms):
        return
    took_ms = np.minimum(took_ms, np.percentile(took_ms, 95))  # a few slow answers are not a slow site
    groups = {site: took_ms[acks["site"][done] == site] for site in _sites(acks)}
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


def _failing(acks: Records) -> Iterator[str]:
    """By everything that is no answer in order: an error, "busy", and what leaves the customer in the dark."""
    sites = _sites(acks)
    bad: Bools = ~np.isin(acks["outcome"], NO_ERROR)
    counts = {site: (int(np.count_nonzero(bad & (acks["site"] == site))), int(np.count_nonzero(acks["site"] == site))) for site in sites}
    best = min(sites, key=lambda site: (counts[site][0] / counts[site][1], site))
    low = counts[best][0] / counts[best][1]
    for site in sites:
        found, count = counts[site]
        if found / count - low > _LEAST_FAILING and by_chance(found, count, *counts[best]) < _CHANCE:
            name, other = site.decode(errors="replace"), best.decode(errors="replace")
            yield f"site {name} fails {measured(found / count, 'ratio')}, site {other} {measured(low, 'ratio')}"
