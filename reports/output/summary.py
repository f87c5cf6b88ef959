"""`summary.md`, for pull requests, and `junit.xml`, for pipelines."""

from collections.abc import Iterable, Iterator
from xml.etree import ElementTree as ET

from reports.finding import Finding, Kind, Status
from reports.formatting import measured, number, yuan
from reports.measures.unsent import unsent
from reports.output.html import figure_of, limit, without_name
from reports.output.report import Report

_MARKS = {Status.PASS: "✅", Status.FAIL: "❌", Status.INVALID: "⚠️", Status.SKIPPED: "➖"}
_MEANS = {Status.PASS: "launch", Status.FAIL: "do not launch", Status.INVALID: "this rehearsal proves nothing"}


def summary(report: Report) -> str:
    """The verdict in a screen of Markdown: the word, the figures, what does not hold, and the gates."""
    plan = report.evidence.plan
    lines = [
        f"## {_MARKS[report.word]} {report.word}: {_MEANS[report.word]}",
        "",
        f"**{plan.scenario.name}** on {plan.target.name}: {report.sentence}.",
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
    lines += [f"- waived: `{waiver.check}`, {waiver.reason}" for waiver in plan.scenario.waive]
    passed = sum(finding.status is Status.PASS for finding in report.findings)
    lines += [f"{passed} of {len(report.findings)} findings hold. Seed {plan.seed}, run `{plan.run}`."]
    return "\n".join(lines) + "\n"


def _figures(report: Report) -> Iterator[tuple[str, str]]:
    traffic = report.evidence.traffic
    offered, missed = unsent(report.evidence, pulse=False)
    p50, p99 = traffic.latencies.at(0.5), traffic.latencies.at(0.99)
    yield "Offered", f"{offered:,} operations, {missed or 'none'} unsent"
    yield "Peak TPS", f"{int(traffic.seconds(traffic.transactions).max()):,}"
    yield "Goodput", measured(traffic.good_ratio, "ratio")
    if p50 and p99:
        yield "Latency p50 / p99", f"{measured(p50.ms, 'ms')} / {'> ' if p99.censored else ''}{measured(p99.ms, 'ms')}"
    for recovery in report.evidence.recoveries:
        split = " + ".join(
            "–" if step is None else number(step, 2) for step in (recovery.detection_s, recovery.decision_s, recovery.failover_s)
        )
        bound = "> " if recovery.rto_censored else ""
        rto = "not known" if recovery.rto_s is None else f"{bound}{number(recovery.rto_s)} s (detection + decision + failover: {split} s)"
        yield f"RTO of {recovery.drill}", rto
        rpo = "not known" if recovery.rpo_operations is None else f"{recovery.rpo_operations} operations, {yuan(recovery.rpo_fen or 0)}"
        yield f"RPO of {recovery.drill}", rpo


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


def _told(finding: Finding) -> Iterator[str]:
    tainted = f" (tainted by {', '.join(finding.tainted_by)})" if finding.tainted_by else ""
    yield f"- {_MARKS[finding.status]} **{finding.id.removeprefix('gate: ')}**: {without_name(finding)}{tainted}"
    yield from (f"  - {line}" for line in finding.evidence)


def _gate(finding: Finding) -> tuple[str, ...]:
    return _MARKS[finding.status], finding.id.removeprefix("gate: "), figure_of(finding), limit(finding)


def junit(report: Report) -> bytes:
    """Findings as test cases: FAIL is a failure, INVALID an error, SKIPPED is skipped with its reason."""
    count = {status: sum(finding.status is status for finding in report.findings) for status in Status}
    suite = ET.Element(
        "testsuite",
        name=f"stormdrill.{report.evidence.plan.scenario.name}",
        tests=str(len(report.findings)),
        failures=str(count[Status.FAIL]),
        errors=str(count[Status.INVALID]),
        skipped=str(count[Status.SKIPPED]),
    )
    for finding in report.findings:
        _case(suite, finding)
    root = ET.Element("testsuites", name=f"stormdrill: {report.word}")
    root.append(suite)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _case(suite: ET.Element, finding: Finding) -> None:
    case = ET.SubElement(suite, "testcase", classname=f"stormdrill.{finding.kind}", name=finding.id)
    told = "\n".join(_printable(line) for line in (finding.detail, *finding.evidence))
    match finding.status:
        case Status.FAIL:
            ET.SubElement(case, "failure", message=_printable(finding.detail)).text = told
        case Status.INVALID:
            ET.SubElement(case, "error", message=_printable(finding.detail)).text = told
        case Status.SKIPPED:
            ET.SubElement(case, "skipped", message=_printable(f"waived: {finding.waived}" if finding.waived else finding.detail))
        case _:
            ET.SubElement(case, "system-out").text = told


def _printable(line: str) -> str:
    """Without what XML cannot hold."""
    return "".join(char for char in line if char.isprintable())
