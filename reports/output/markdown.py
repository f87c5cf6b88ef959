"""`summary.md`, for pull requests."""

from collections.abc import Iterable, Iterator

from reports.finding import Finding, Kind, Status
from reports.formatting import many, measured, number, yuan
from reports.measures.losses import Loss
from reports.measures.unsent import unsent
from reports.output.html import figure_of, limit, without_name
from reports.output.report import Report
from scenarios.harmless import in_markdown

_MARKS = {Status.PASS: "✅", Status.FAIL: "❌", Status.INVALID: "⚠️", Status.SKIPPED: "➖"}
_MEANS = {Status.PASS: "launch", Status.FAIL: "do not launch", Status.INVALID: "this rehearsal proves nothing"}


def markdown(report: Report) -> str:
    """The verdict in a screen of Markdown: the word, the figures, what does not hold, and the gates."""
    plan = report.evidence.plan
    lines = [
        f"## {_MARKS[report.word]} {report.word}: {_MEANS[report.word]}",
        "",
        f"**{in_markdown(plan.scenario.name)}** on {in_markdown(plan.target.name)}: {in_markdown(report.sentence)}.",
        "",
        *_table(("Figure", "Value"), _figures(report)),
        "",
    ]
    bad = [finding for finding in report.findings if finding.status in (Status.FAIL, Status.INVALID)]
    if bad:
        lines += ["### What does not hold", "", *(line for finding in bad for line in _told(finding)), ""]
    gates = report.of_kind(Kind.GATE, Kind.RECOVERY)
    if gates:
        lines += ["### Gates", "", *_table(("", "Gate", "Measured", "Limit"), map(_gate, gates)), ""]
    lines += [f"- waived: {in_markdown(waiver.check)}, {in_markdown(waiver.reason)}" for waiver in plan.scenario.waive]
    passed = sum(finding.status is Status.PASS for finding in report.findings)
    lines += [f"{passed} of {len(report.findings)} findings hold. Seed {plan.seed}, run {in_markdown(plan.run)}."]
    return "\n".join(lines) + "\n"


def _figures(report: Report) -> Iterator[tuple[str, str]]:
    traffic = report.evidence.traffic
    offered, missed = unsent(report.evidence, pulse=False)
    p50, p99 = traffic.latencies.at(0.5), traffic.latencies.at(0.99)
    rates = traffic.rates
    yield "Offered", f"{offered:,} operations, {missed or 'none'} unsent"
    yield "Operations/s", f"peak {rates.offered_peak:,}, {number(rates.offered_mean, 1)} on average"
    yield "TPS (successful effects)", f"peak {rates.tps_peak:,}, {number(rates.tps_mean, 1)} on average"
    yield "Goodput ratio", measured(traffic.good_ratio, "ratio")
    if p50 and p99:
        yield "Latency p50 / p99", f"{measured(p50.ms, 'ms')} / {'> ' if p99.censored else ''}{measured(p99.ms, 'ms')}"
    for recovery in report.evidence.recoveries:
        split = " + ".join(
            "–" if step is None else number(step, 2) for step in (recovery.detection_s, recovery.decision_s, recovery.failover_s)
        )
        bound = "> " if recovery.rto_censored else ""
        rto = "not known" if recovery.rto_s is None else f"{bound}{number(recovery.rto_s)} s (detection + decision + failover: {split} s)"
        yield f"RTO of {recovery.id}", rto
        yield f"RPO of {recovery.id}", _loss(recovery.loss)


def _loss(loss: Loss) -> str:
    if loss.rpo_operations is None:
        return "not known"
    when = f" ({loss.lost_before} acknowledged before the fault, {loss.lost_after} after it)" if loss.rpo_operations else ""
    return f"{many(loss.rpo_operations, 'operation')} lost{when}, {yuan(loss.rpo_fen or 0)}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield "| " + " | ".join(map(in_markdown, row)) + " |"


def _told(finding: Finding) -> Iterator[str]:
    tainted = f" (tainted by {', '.join(finding.tainted_by)})" if finding.tainted_by else ""
    name, told = finding.id.removeprefix("gate: "), f"{without_name(finding)}{tainted}"
    yield f"- {_MARKS[finding.status]} **{in_markdown(name)}**: {in_markdown(told)}"
    yield from (f"  - {in_markdown(line)}" for line in finding.evidence)


def _gate(finding: Finding) -> tuple[str, ...]:
    return _MARKS[finding.status], finding.id.removeprefix("gate: "), figure_of(finding), limit(finding)
