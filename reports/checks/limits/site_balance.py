"""No site is slower, or fails more, than another that does the same work: customers are sent to either, and half of them would feel it."""

from collections.abc import Callable, Iterator
from math import sqrt

import numpy as np

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, Status
from reports.formatting import few, many, measured
from reports.measures.arrays import I64, Bools, Floats
from reports.measures.calm import in_calm
from reports.measures.chance import by_bursts, by_chance
from reports.measures.kill_switch import kept_out
from scenarios.run.outcomes import NO_ERROR, Outcome, Probe
from scenarios.run.records import Records

ID = "site-balance"
TITLE = "No site is worse than another"
KIND = Kind.GATE
PLAN = ("P5-02",)

_LEAST = 100  # answers of each of two sites, for their times
_Z = 5.0  # standard errors: less than one in a million by chance
_Z_FAILING = 3.0  # of the bursts in which failures come, beside their number: a second of overload at one site is one event
_LEAST_MS, _LEAST_RATIO = 30.0, 0.5  # that a site must be slower by, beyond chance: by so much, and by this share of the faster one
_LEAST_FAILING = 0.02
_SILENT_S, _SILENT_SHARE = 5.0, 0.25  # that a site answers nothing: so long, and so much of the time
_CHANCE = 1e-5  # a run compares some ten times: one false alarm in ten thousand runs


def check(evidence: Evidence) -> list[Finding]:
    """Each operation by the site that answered, over the calm of the run, and all effects. Silence tells no site.

    Of reads the time is compared that those took which are kept with what they showed. What a paused campaign turns away is no site's
    failing, and one that answers more of it is no worse.
    """
    acks, shown = evidence.acks, _once(evidence.shown)
    told, shown = acks["site"] != b"", shown[shown["site"] != b""]
    at_ns, site = (np.concatenate([acks[name][told], shown[name]]) for name in ("sent_ns", "site"))
    silent = list(_silent(evidence, at_ns, site))
    acks = acks[told & (acks["probe"] <= Probe.FIRST) & in_calm(evidence, acks["intended_ns"] / 1e9) & ~kept_out(evidence, acks)]
    shown = shown[in_calm(evidence, shown["sent_ns"] / 1e9)]
    compared = [*_compared(acks, evidence.plan.operations, _effects), *_compared(shown, evidence.plan.operations, _slower)]
    if not compared and not silent:
        return []
    worse = [f"{name}: {sentence}" for name, found in compared for sentence in found]
    worse += [f"all effects: {sentence}" for sentence in _failing(acks)]
    worse += silent
    detail = worse[0] if worse else f"{many(len(compared), 'operation')} compared by site, none worse than the other"
    status = Status.FAIL if worse else Status.PASS
    return [Finding(ID, status, len(worse), 0, "differences", detail, few(worse), about=(About.TRAFFIC,))]


def _once(shown: Records) -> Records:
    """One record of each read, whatever it showed."""
    return shown[np.unique(shown["operation_id"], return_index=True)[1]]


def _compared(answers: Records, operations: list[str], differences: Callable[[Records], Iterator[str]]) -> Iterator[tuple[str, list[str]]]:
    """Each operation that two sites have answered, and in what one is worse than the best."""
    for op in np.unique(answers["operation_index"]).tolist():
        mine = answers[answers["operation_index"] == op]
        if len(_sites(mine)) >= 2:  # noqa: PLR2004 - one cannot be compared
            yield operations[op], list(differences(mine))


def _effects(acks: Records) -> Iterator[str]:
    yield from _slower(acks[acks["outcome"] == Outcome.SUCCESS])
    yield from _failing(acks)


def _silent(evidence: Evidence, at_ns: I64, site: "np.ndarray[tuple[int], np.dtype[np.bytes_]]") -> Iterator[str]:
    """Sites that serve by the target's file and answer nothing; and those that do no more, since the last drill was healed."""
    for name in sorted({name.encode() for name in evidence.plan.target.sites} - set(np.unique(site).tolist())):
        if len(site) >= _LEAST:
            yield f"site {name.decode()} answers none of {many(len(site), 'request')}"
    healed_s = [strike.healed_s for strike in evidence.strikes if strike.zero_s is not None]
    if None in healed_s:
        return
    since_ns = max((healed or 0.0 for healed in healed_s), default=0.0) * 1e9
    at_ns, site = at_ns[at_ns >= since_ns], site[at_ns >= since_ns]
    for name in np.unique(site):
        last_ns = at_ns[site == name].max()
        before, after = at_ns <= last_ns, int(np.count_nonzero(at_ns > last_ns))
        silent_s, share = (at_ns.max() - last_ns) / 1e9, float(np.mean(site[before] == name))
        long = silent_s >= max(_SILENT_S, _SILENT_SHARE * (at_ns.max() - at_ns.min()) / 1e9)
        if long and after * np.log1p(-min(share, 0.999)) < np.log(_CHANCE):
            yield f"site {name.decode(errors='replace')} answers none of the last {many(after, 'request')}, for {measured(silent_s, 's')}"


def _second(acks: Records) -> I64:
    """In which second each was sent: what went wrong in one has one cause."""
    seconds: I64 = acks["sent_ns"] // 1_000_000_000
    return seconds


def _sites(answers: Records) -> list[bytes]:
    return [bytes(site) for site in np.unique(answers["site"])]


def _slower(done: Records) -> Iterator[str]:
    took_ms: Floats = (done["done_ns"] - done["sent_ns"]) / 1e6
    if not len(took_ms):
        return
    took_ms, second = np.minimum(took_ms, np.percentile(took_ms, 95)), _second(done)  # a few slow answers are not a slow site
    of = {site: done["site"] == site for site in _sites(done)}
    groups = {site: took_ms[mine] for site, mine in of.items() if np.count_nonzero(mine) >= _LEAST}
    if len(groups) < 2:  # noqa: PLR2004 - as above
        return
    best = min(groups, key=lambda site: (float(groups[site].mean()), site))
    for site, group in sorted(groups.items()):
        fast = float(groups[best].mean())
        more = float(group.mean()) - fast
        chance = _Z * sqrt(by_bursts(group, second[of[site]]) + by_bursts(groups[best], second[of[best]]))
        if more - chance > max(_LEAST_MS, _LEAST_RATIO * fast):
            name, other = site.decode(errors="replace"), best.decode(errors="replace")
            yield f"site {name} takes {measured(more + fast, 'ms')} on average, site {other} {measured(fast, 'ms')}"


def _failing(acks: Records) -> Iterator[str]:
    """By everything that is no answer in order: an error, "busy", and what leaves the customer in the dark."""
    sites = _sites(acks)
    if not sites:
        return
    bad, second = (~np.isin(acks["outcome"], NO_ERROR)).astype(float), _second(acks)
    of: dict[bytes, Bools] = {site: acks["site"] == site for site in sites}
    counts = {site: (int(bad[mine].sum()), int(np.count_nonzero(mine))) for site, mine in of.items()}
    best = min(sites, key=lambda site: (counts[site][0] / counts[site][1], site))
    low = counts[best][0] / counts[best][1]
    for site in sites:
        found, count = counts[site]
        more = found / count - low
        if more <= _LEAST_FAILING or by_chance(found, count, *counts[best]) >= _CHANCE:
            continue
        if more > _Z_FAILING * sqrt(by_bursts(bad[of[site]], second[of[site]]) + by_bursts(bad[of[best]], second[of[best]])):
            name, other = site.decode(errors="replace"), best.decode(errors="replace")
            yield f"site {name} fails {measured(found / count, 'ratio')}, site {other} {measured(low, 'ratio')}"
