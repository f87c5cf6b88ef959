"""The figures that are asked for first."""

from reports.finding import Kind, Status
from reports.formatting import measured, number, yuan
from reports.measures.losses import Loss
from reports.measures.unsent import unsent
from reports.output.html import text
from reports.output.report import Report

ORDER = 10
TITLE = ""


def section(report: Report) -> str:
    """One tile each."""
    return '<div class="tiles">' + "".join(_tile(*tile) for tile in [*_traffic(report), *_recovery(report), _invariants(report)]) + "</div>"


def _tile(name: str, value: str, below: str, tone: str = "") -> str:
    return (
        f'<div class="tile {tone}"><p class="name">{text(name)}</p>'
        f'<p class="value">{text(value)}</p><p class="below">{text(below)}</p></div>'
    )


def _traffic(report: Report) -> list[tuple[str, str, str, str]]:
    evidence = report.evidence
    traffic = evidence.traffic
    offered, missed = unsent(evidence, pulse=False)
    p99, p50 = traffic.latencies.at(0.99), traffic.latencies.at(0.5)
    good, rates = traffic.good_ratio, traffic.rates
    bound = "> " if p99 and p99.censored else ""
    return [
        ("Offered", f"{offered:,}", f"operations, {missed or 'none'} unsent", "bad" if missed else ""),
        ("Peak operations/s", f"{rates.offered_peak:,}", f"offered; {_mean(rates.offered_mean)} on average", ""),
        ("Peak TPS", f"{rates.tps_peak:,}", f"successful effects; {_mean(rates.tps_mean)} on average", ""),
        (
            "Goodput ratio",
            measured(good, "ratio") if good is None else f"{good * 100:.2f} %",
            "correct answers in time",
            "",
        ),
        (
            "p99 latency",
            bound + measured(p99.ms, "ms") if p99 else "–",
            f"median {measured(p50.ms, 'ms')}" if p50 else "nothing was sent",
            "",
        ),
    ]


def _mean(rate: float | None) -> str:
    return number(rate, 1)


def _recovery(report: Report) -> list[tuple[str, str, str, str]]:
    tiles = []
    for recovery in report.evidence.recoveries:
        rto = "–" if recovery.rto_s is None else f"{'> ' if recovery.rto_censored else ''}{number(recovery.rto_s)} s"
        late = recovery.rto_censored or (recovery.rto_s or 0) > recovery.strike.drill.deadline
        tiles.append(("RTO", rto, f"after {recovery.id}", "bad" if late else ""))
        tiles.append(_loss(recovery.loss))
    return tiles


def _loss(loss: Loss) -> tuple[str, str, str, str]:
    if loss.rpo_operations is None or loss.rpo_fen is None:
        return "RPO", "–", "not known", ""
    below = f"operations lost, {yuan(loss.rpo_fen)}" + (f"; {loss.lost_after:,} acknowledged after the fault" if loss.lost_after else "")
    return "RPO", f"{loss.rpo_operations:,}", below, "bad" if loss.rpo_operations else ""


def _invariants(report: Report) -> tuple[str, str, str, str]:
    said = report.of_kind(Kind.INVARIANT)
    held = sum(finding.status is Status.PASS for finding in said)
    broken = sum(finding.status is Status.FAIL for finding in said)
    below = f"{broken} broken" if broken else "none broken"
    return "Invariants", f"{held} / {len(said)}", f"hold, {below}", "bad" if broken else ""
