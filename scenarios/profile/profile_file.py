"""What a log came to, as a scenario's file: what today's format can say as its values, all else as comments."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from scenarios.errors import BadInput
from scenarios.harmless import clipped
from scenarios.plan.scenario import MOST_ARRIVALS
from scenarios.plan.surges import MOST_LOAD_S
from scenarios.profile.arrivals import Stretch, stretches
from scenarios.profile.sketches import Frequent
from scenarios.profile.tally import LEAST_CLIENTS, OTHER, VISIT_S, Asked, Tally

_MOST_OPERATIONS = 60
_MOST_CUSTOMERS = 2_000_000
_MOST_SKUS = 500
_MOST_COMPRESS = 10_000
_MOST_SIBLINGS = 20
_LEAST_VISITS = 100
_DIFFERENT = 0.1
_PROBE, _PROBE_WEIGHT = "idempotency-probe", 2
_CROWDED = 200
"""Requests of each client, beyond which a client's address is none of a customer's but of a proxy."""


def profile(tally: Tally, name: str, source: str) -> str:
    """The file's text; it loads as it is.

    Raises:
        BadInput: the log holds no request.
    """
    if not tally.requests or tally.first_s is None:
        raise BadInput(f"holds no request that could be read{_unread(tally)}", path=source)
    found = stretches(tally.visits.by_bin())
    kinds = _sum(found)
    mix = _mix(kinds)
    began = datetime.fromtimestamp(tally.first_s, UTC).strftime("%Y-%m-%d %H:%M:%S")
    lasts_s = len(tally.visits.by_bin()) * tally.visits.width_s
    compress = _compress(lasts_s, sum(each.count for each in found))
    hottest = _hottest(tally)
    lines = [
        f"# A profile of {clipped(source)}: {tally.requests:,} requests of about {tally.clients.count:,} clients in {lasts_s:g} s from",
        f"# {began} UTC on (a time without a zone counts as that). No address, name, token or value of it is in here.",
        "# To be used: stormdrill run FILE --target YOURS",
        f"name: {name}",
        f"describe: {json.dumps(f'The crowd of an access log, {began}.')}",
        f"population: {{customers: {min(max(1, tally.clients.count), _MOST_CUSTOMERS)}}}",
    ]
    if hottest:
        skus = min(max(1, len(hottest.counts)), _MOST_SKUS)
        lines.append(f"campaign: {{prizes: {{skus: {skus}, stock: {max(200, skus)}, zipf: {hottest.zipf:.2f}}}}}")
    lines += [
        f"# Each phase is a stretch of one rate; that it differs from its neighbours is no chance. Edges are ± {tally.visits.width_s:g} s.",
        "phases:",
    ]
    lines += _phases(found, tally.visits.width_s, compress, mix)
    lines += [*_mix_lines(kinds, mix), *_operations(tally), *_think(tally), *_skew(tally), *_unseen(tally, compress), ""]
    return "\n".join(lines)


def _shown_s(seconds: float) -> str:
    """To two figures, whole from ten on."""
    return f"{seconds:.2g}" if seconds < 10 else f"{seconds:.0f}"  # noqa: PLR2004


def _sum(found: Sequence[Stretch]) -> dict[str, float]:
    return dict(sum((Counter(each.kinds) for each in found), Counter[str]()))


def _mix(kinds: dict[str, float]) -> dict[str, float]:
    """Shares of journeys among the visits that are like one, in per cent."""
    total = sum(count for kind, count in kinds.items() if kind != OTHER)
    return {kind: round(100 * count / total, 1) for kind, count in sorted(kinds.items(), key=lambda pair: -pair[1]) if kind != OTHER}


def _compress(lasts_s: float, visits: float) -> int:
    """So many times shorter must it be for a scenario to hold it."""
    return min(_MOST_COMPRESS, max(1, math.ceil(lasts_s / MOST_LOAD_S), math.ceil(1.001 * visits / MOST_ARRIVALS)))


def _phases(found: Sequence[Stretch], width_s: float, compress: int, mix: dict[str, float]) -> Iterator[str]:
    for number, each in enumerate(found, 1):
        lasts_s = (each.last - each.first) * width_s
        own = _mix(each.kinds)
        apart = sum(abs(own.get(kind, 0) - mix.get(kind, 0)) for kind in {*own, *mix}) / 200
        said = f", mix: {_flow(own)}" if own and each.count >= _LEAST_VISITS and apart > _DIFFERENT else ""
        squeezed = f", compress: {compress}" if compress > 1 else ""
        yield f"  - {{name: stretch-{number}, lasts: {lasts_s:.0f} s{squeezed}, arrivals: {each.count / lasts_s:.6f}/s{said}}}"


def _flow(mix: dict[str, float]) -> str:
    """A mix, with the probes that the log's crowd did not make and no run is judged without."""
    return "{" + ", ".join(f"{kind}: {share:g}" for kind, share in {**mix, _PROBE: _PROBE_WEIGHT}.items()) + "}"


def _mix_lines(kinds: dict[str, float], mix: dict[str, float]) -> Iterator[str]:
    visits = sum(kinds.values())
    without = 100 * kinds.get(OTHER, 0) / visits
    yield f"# Of {visits:,.0f} visits, each put down to the journey whose marks it bears; {without:.1f} % bear none, and are left out."
    yield f"# {_PROBE} is none of the log's: without it idempotency cannot be judged."
    if mix:
        yield f"mix: {_flow(mix)}"
    else:
        yield f"mix: {_flow({'zone-page': 100})}   # ? no visit looks like a journey of ours: choose, or write one (docs/extending.md)"


def _operations(tally: Tally) -> Iterator[str]:
    """What was asked, the most frequent first; paths that few have asked for are not named, for a name may be in them."""
    yield "# Requests, by what was asked (values are holes):"
    merged: dict[str, list[Asked]] = {}
    for shown, each in _named(tally):
        merged.setdefault(shown, []).append(each)
    counts = {shown: sum(each.count for each in found) for shown, found in merged.items()}
    shown_most = sorted(counts, key=lambda shown: -counts[shown])[:_MOST_OPERATIONS]
    for shown in shown_most:
        yield f"#   {100 * counts[shown] / tally.requests:5.1f} %  {clipped(shown, 160)}{_told_of(merged[shown])}"
    rest = tally.requests - sum(counts[shown] for shown in shown_most)
    if rest:
        yield f"#   {100 * rest / tally.requests:5.1f} %  others: asked for by fewer than {LEAST_CLIENTS} clients, or too many to name"


def _told_of(found: Sequence[Asked]) -> str:
    """What is known of requests that are shown as one."""
    first, failed = found[0], 100 * sum(each.failed for each in found) / sum(each.count for each in found)
    looks = f"   looks like {first.ours} ({first.confidence})" if first.ours else ""
    pauses = first.pauses
    thinks = (
        f"   pause before it {_shown_s(pauses.quantile(0.5))} s, p95 {_shown_s(pauses.quantile(0.95))} s"
        if pauses.count >= _LEAST_VISITS
        else ""
    )
    return f"{looks}   {failed:.1f} % with a status of 400 or more{thinks}"


def _named(tally: Tally) -> Iterator[tuple[str, Asked]]:
    """What may be named, each with how: a part of a path that has many siblings is a value, though it reads as a word."""
    siblings = Counter(key for each in tally.asked.values() for key in _gaps(each))
    for each in tally.asked.values():
        parts = each.published.path.split("/")
        crowded = {at for at, key in enumerate(_gaps(each)) if siblings[key] > _MOST_SIBLINGS}
        path = "/".join("{}" if at in crowded else part for at, part in enumerate(parts))
        if len(each.clients) >= LEAST_CLIENTS or crowded:
            yield f"{each.published.method} {path}", each


def _gaps(each: Asked) -> list[tuple[str, ...]]:
    """Its verb and path with one part left out, for each of its parts."""
    parts = each.published.path.split("/")
    return [(each.published.method, *parts[:at], "", *parts[at + 1 :]) for at in range(len(parts))]


def _think(tally: Tally) -> Iterator[str]:
    found = tally.pauses
    if not found.count:
        yield "# Think times: none could be seen, no client has asked twice within a visit."
        return
    error = "± 1 s each, for the log has whole seconds; pauses under a second are not seen" if tally.reader.whole_seconds else "within 5 %"
    yield (
        f"# Think times (between a client's answer and its next request, {found.count:,} of them): "
        f"median {_shown_s(found.quantile(0.5))} s, p95 {_shown_s(found.quantile(0.95))} s; {error}."
    )
    yield "# They are written in the journeys (think(median, p95=…)); a scenario cannot set them."


def _hottest(tally: Tally) -> Frequent | None:
    """The items by which the crowd's wishes are seen best."""
    slots = [slot for each in tally.asked.values() for slot in each.items.values() if slot.total >= _LEAST_VISITS]
    return max(slots, key=lambda slot: slot.total, default=None)


def _skew(tally: Tally) -> Iterator[str]:
    for shown, each in _named(tally):
        for slot in (slot for slot in each.items.values() if slot.total >= _LEAST_VISITS):
            about = f" (each count too small by {slot.lost} at most)" if slot.lost else ""
            shares = f"the hottest {100 * slot.share_of(1):.1f} %, the ten hottest {100 * slot.share_of(10):.1f} % of {slot.total:,}"
            yield f"# Skew of the items in {clipped(shown, 160)}: {len(slot.counts):,} different{about}, {shares}; Zipf {slot.zipf:.2f}"
    if _hottest(tally) is None:
        yield "# Skew: no item stands in paths or queries often enough; what bodies hold, a log does not show. The campaign is the default."


def _unseen(tally: Tally, compress: int) -> Iterator[str]:
    yield "# What this could not see:"
    yield f"#   who is who: a client is an address with its browser and user; a visit ends after {VISIT_S:g} s of silence"
    yield f"#   whose visit had begun before the log did: it counts as an arrival in the first {VISIT_S:g} s"
    yield "#   bodies, so neither items nor amounts in them, nor refusals that are told with status 200; retries look like wishes"
    peak = f"the fullest {tally.rate.width_s:g} s had {tally.rate.peak_per_s:,.4g} requests/s"
    yield f"#   what is faster than {tally.visits.width_s:g} s: {peak}"
    if tally.requests > _CROWDED * tally.clients.count:
        yield "#   ? customers: so few ask for so much that a proxy stands before; let it log X-Forwarded-For, else arrivals mean nothing"
    if tally.sampled > 1:
        yield f"#   all visits: there were too many at once, so one in {tally.sampled} was followed, and counts for so many"
    if compress > 1:
        yield f"#   (compressed {compress} times, at the same rates: a scenario lasts a day and has {MOST_ARRIVALS:,} arrivals at most)"
    skipped = [
        (tally.passed_over, "of files and other verbs"),
        (tally.without_request, "without a request"),
        (tally.unnamed, "of too many paths"),
    ]
    yield from (f"#   {count:,} lines {what}" for count, what in skipped if count)
    if tally.unread:
        yield f"#   {_unread(tally).removeprefix('; ')}"


def _unread(tally: Tally) -> str:
    """How many lines could not be read, and the form of the first."""
    if not tally.first_unread:
        return ""
    number, form = tally.first_unread
    unread = "1 line" if tally.unread == 1 else f"{tally.unread:,} lines"
    return f"; {unread} cannot be read, the first is line {number}, of the form {clipped(form)}"


def unread_sentence(tally: Tally) -> str:
    """The same for a terminal; nothing where all could be read."""
    return _unread(tally).removeprefix("; ")
