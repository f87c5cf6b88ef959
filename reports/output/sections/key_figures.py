"""The figures that are asked for first."""

from reports.finding import Kind, Status
from reports.formatting import measured, number, yuan
from reports.measures.losses import Loss
from reports.measures.unsent import unsent
from reports.output.html import second, text
from reports.output.report import Report

ORDER = 10
TITLE = ""


def section(report: Report) -> str:
    """One tile each."""
    return '<div class="tiles">' + "".join(_tile(*tile) for tile in [*_traffic(report), *_recovery(report), _invariants(report)]) + "</div>"


def _tile(name: str, chinese: str, value: str, below: str, tone: str = "") -> str:
    return (
        f'<div class="tile {tone}"><p class="name">{text(name)}{second(chinese)}</p>'
        f'<p class="value">{text(value)}</p><p class="below">{text(below)}</p></div>'
    )


def _traffic(report: Report) -> list[tuple[str, str, str, str, str]]:
    evidence = report.evidence
    traffic = evidence.traffic
    offered, missed = unsent(evidence, pulse=False)
    p99, p50 = traffic.latencies.at(0.99), traffic.latencies.at(0.5)
    good, rates = traffic.good_ratio, traffic.rates
    bound = "> " if p99 and p99.censored else ""
    return [
        ("Offered", "请求到达", f"{offered:,}", f"operations, {missed or 'none'} unsent", "bad" if missed else ""),
        ("Peak operations/s", "峰值每秒请求数", f"{rates.offered_peak:,}", f"offered; {_mean(rates.offered_mean)} on average", ""),
        ("Peak TPS", "峰值每秒交易数", f"{rates.tps_peak:,}", f"successful effects; {_mean(rates.tps_mean)} on average", ""),
        (
            "Goodput ratio",
            "有效吞吐率",
            measured(good, "ratio") if good is None else f"{good * 100:.2f} %",
            "correct answers in time",
            "",
        ),
        (
            "p99 latency",
            "响应时间 P99",
            bound + measured(p99.ms, "ms") if p99 else "–",
            f"median {measured(p50.ms, 'ms')}" if p50 else "nothing was sent",
            "",
        ),
    ]


def _mean(rate: float | None) -> str:
    return number(rate, 1)


def _recovery(report: Report) -> list[tuple[str, str, str, str, str]]:
    tiles = []
    for recovery in report.evidence.recoveries:
        rto = "–" if recovery.rto_s is None else f"{'> ' if recovery.rto_censored else ''}{number(recovery.rto_s)} s"
        late = recovery.rto_censored or (recovery.rto_s or 0) > recovery.strike.drill.deadline
        tiles.append(("RTO", "恢复时间", rto, f"after {recovery.id}", "bad" if late else ""))
        tiles.append(_loss(recovery.loss))
    return tiles


def _loss(loss: Loss) -> tuple[str, str, str, str, str]:
    if loss.rpo_operations is None or loss.rpo_fen is None:
        return "RPO", "数据丢失量", "–", "not known", ""
    below = f"operations lost, {yuan(loss.rpo_fen)}" + (f"; {loss.lost_after:,} acknowledged after the fault" if loss.lost_after else "")
    return "RPO", "数据丢失量", f"{loss.rpo_operations:,}", below, "bad" if loss.rpo_operations else ""


def _invariants(report: Report) -> tuple[str, str, str, str, str]:
    said = report.of_kind(Kind.INVARIANT)
    held = sum(finding.status is Status.PASS for finding in said)
    broken = sum(finding.status is Status.FAIL for finding in said)
    below = f"{broken} broken" if broken else "none broken"
    return "Invariants", "不变量", f"{held} / {len(said)}", f"hold, {below}", "bad" if broken else ""
