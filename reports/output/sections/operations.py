"""Each operation, over the run and by phase."""

from collections.abc import Iterable, Iterator

from reports.formatting import milliseconds
from reports.measures.quantiles import Quantile
from reports.measures.traffic import Traffic
from reports.output.html import named, table, text
from reports.output.report import Report
from scenarios.run.outcomes import Outcome

ORDER = 80
TITLE = "Operations"

_QUANTILES = (0.5, 0.95, 0.99, 0.999, 1.0)
_HEAD = ("p50", "p95", "p99", "p99.9", "max")


def section(report: Report) -> str:
    """Outcomes that there were, and latency of every operation, renewals and logouts apart; service times; and latency by phase."""
    evidence = report.evidence
    kept = Traffic.of(evidence.sessions, evidence.plan, evidence.load_ends_s)
    parts = (evidence.traffic, evidence.pulse, kept)
    there = [outcome for outcome in Outcome if outcome is Outcome.SUCCESS or any(part.sent.count(outcome) for part in parts)]
    rows = [_row(name, traffic, there) for name, traffic in _by_operation(report, evidence.traffic)]
    rows += [_row(f"{name} (pulse)", traffic, there) for name, traffic in _by_operation(report, evidence.pulse)]
    rows += [_row(f"{name} (session)", traffic, there) for name, traffic in _by_operation(report, kept)]
    service = [_service(name, traffic) for name, traffic in _by_operation(report, evidence.customer_attempts)]
    phases = [
        (f"<code>{text(name)}</code>", named(phase.name), f"{len(part):,}", *_percentiles(part))
        for name, traffic in _by_operation(report, evidence.traffic)
        for phase in evidence.plan.scenario.phases
        if len(part := traffic.in_phase(phase.name).sent)
    ]
    return (
        table(("Operation", "n", *(outcome.label for outcome in there), "good", *_HEAD), rows, numbers=range(1, 14))
        + f"<details><summary>By phase</summary>{table(('Operation', 'Phase', 'n', *_HEAD), phases, numbers=range(2, 8))}</details>"
        + "<details><summary>Service times: each attempt, from sending to its answer</summary>"
        + table(("Operation", "attempts", *_HEAD), service, numbers=range(1, 7))
        + "</details>"
    )


def _by_operation(report: Report, traffic: Traffic) -> Iterator[tuple[str, Traffic]]:
    """Those of each operation that was sent, one after the other: of millions all at once would be a second copy."""
    for name in report.evidence.plan.operations:
        part = traffic.of_operation(name).sent
        if len(part):
            yield name, part


def _row(name: str, traffic: Traffic, there: Iterable[Outcome]) -> tuple[str, ...]:
    counts = [traffic.count(outcome) for outcome in there]
    good = traffic.good_ratio or 0.0
    return (
        f"<code>{text(name)}</code>",
        f"{len(traffic):,}",
        *(f"{count:,}" if count else '<span class="nil">·</span>' for count in counts),
        f"{good * 100:.1f} %",
        *_percentiles(traffic),
    )


def _percentiles(traffic: Traffic) -> list[str]:
    ranked = traffic.latencies
    return [_shown(ranked.at(quantile)) for quantile in _QUANTILES]


def _service(name: str, traffic: Traffic) -> tuple[str, ...]:
    ranked = traffic.services
    return f"<code>{text(name)}</code>", f"{len(traffic):,}", *(_shown(ranked.at(quantile)) for quantile in _QUANTILES)


def _shown(quantile: Quantile | None) -> str:
    if quantile is None:
        return "–"
    return text(("> " if quantile.censored else "") + milliseconds(quantile.ms))
