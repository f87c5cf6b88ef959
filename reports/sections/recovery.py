"""How the system came back."""

from reports.markup import chip, figure, table, text
from reports.measures.recovery import Recovery
from reports.report import Report
from reports.wording import number, yuan

ORDER = 30
TITLE = 'Recovery <span class="zh" lang="zh-Hans">容灾恢复</span>'


def section(report: Report) -> str:
    """Each drill: its split, its figures, its pulse; or why there are none."""
    told = "".join(_drill(report, recovery) for recovery in report.evidence.recoveries)
    missing = [strike for strike in report.evidence.strikes if strike.zero_s is None]
    return told + "".join(f"<p>{text(strike.trouble)}.</p>" for strike in missing)


def _drill(report: Report, recovery: Recovery) -> str:
    status = next((finding.status for finding in report.findings if finding.id == f"recovery of {recovery.drill}"), None)
    return (
        f"<h3>{text(recovery.drill)} {chip(status) if status else ''}</h3>{_split(recovery)}"
        + figure(
            report.charts.get(f"pulse-{recovery.drill}"),
            "The pulse: share of correct answers in time, over the second that begins at each point. Recovered is the first moment from "
            f"which every second for {number(recovery.strike.plan.window)} s stays above the dotted line "
            "(95 % of before), with p99 in its limit.",
        )
        + '<div class="pair">'
        + _figures(recovery)
        + _paths(recovery)
        + "</div>"
    )


def _split(recovery: Recovery) -> str:
    """The way to recovery as one bar."""
    steps = [("detection", recovery.detection_s), ("decision", recovery.decision_s), ("failover", recovery.failover_s)]
    known = [(name, step) for name, step in steps if step is not None]
    total = recovery.rto_s or 0.0
    rest = total - sum(step for _, step in known)
    parts = [*known, ("until it holds", rest)] if rest > 0 else known
    whole = sum(step for _, step in parts)
    if not whole:
        return ""
    cells = "".join(
        f'<span class="step s{number_of}" style="flex-grow:{step / whole:.4f}"><i></i><b>{text(name)}</b> {number(step, 2)} s</span>'
        for number_of, (name, step) in enumerate(parts)
    )
    return f'<div class="split">{cells}</div>'


def _figures(recovery: Recovery) -> str:
    bound = "> " if recovery.rto_censored else ""
    stable = {None: "not assessed", True: "yes", False: "no"}[recovery.metastable]
    rows = [
        ("detection", "发现", _seconds(recovery.detection_s), "detection_s"),
        ("decision", "决策", _seconds(recovery.decision_s), "decision_s"),
        ("failover", "切换", _seconds(recovery.failover_s), "failover_s"),
        ("first success", "首次成功", _seconds(recovery.rto_first_s), "rto_first_s"),
        ("RTO", "恢复时间", bound + _seconds(recovery.rto_s), "rto_s"),
        ("RPO, operations", "丢失笔数", _count(recovery.rpo_operations), "rpo_operations"),
        ("RPO, time", "丢失时长", _seconds(recovery.rpo_s), "rpo_s"),
        ("RPO, money", "丢失金额", "–" if recovery.rpo_fen is None else yuan(recovery.rpo_fen), "rpo_fen"),
        ("lost after the fault (two writers)", "脑裂丢失", _count(recovery.lost_after), "lost_after"),
        (
            "unknown: present / absent",
            "未知交易",
            f"{_count(recovery.unknown_present)} / {_count(recovery.unknown_absent)}",
            "unknown_present",
        ),
        ("duplicates", "重复执行", _count(recovery.duplicates), "duplicates"),
        ("outage equivalent", "等效中断", _seconds(recovery.outage_equivalent_s), "outage_equivalent_s"),
        ("metastable", "亚稳态", stable, "metastable"),
    ]
    return table(
        ("Figure", ""),
        (
            (
                f'{text(name)} <span class="zh" lang="zh-Hans">{chinese}</span>'
                + (f"<small>{text(recovery.reasons[field])}</small>" if field in recovery.reasons else ""),
                value,
            )
            for name, chinese, value, field in rows
        ),
        numbers=(1,),
    )


def _paths(recovery: Recovery) -> str:
    return table(
        ("Path of the pulse", "before", "RTO", "first success", "outage"),
        (
            (
                f"<code>{text(path.operation)}</code>",
                "–" if path.r0 is None else f"{number(path.r0 * 100, 1)} %",
                ("> " if path.censored else "") + _seconds(path.rto_s),
                _seconds(path.rto_first_s),
                _seconds(path.outage_equivalent_s),
            )
            for path in recovery.paths
        ),
        numbers=(1, 2, 3, 4),
    )


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{number(value)} s"


def _count(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"
