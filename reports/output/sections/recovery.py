"""How the system came back."""

from reports.formatting import measured, number, yuan
from reports.measures.injections import injections
from reports.measures.recovery import Recovery
from reports.output.access_paths import access_path
from reports.output.charts.pulse import chart_name
from reports.output.html import chip, figure, named, table, text
from reports.output.report import Report

ORDER = 30
TITLE = "Recovery"
PLAN = ("P5-03",)


def section(report: Report) -> str:
    """Each drill: its figures, its pulse; or why there are none. Before them, how the target notices a loss."""
    noticed = report.evidence.plan.target.failover.noticed
    shown = f"<p>How a loss is noticed here: {text(noticed)}.</p>" if noticed and report.evidence.recoveries else ""
    told = "".join(_drill(report, recovery) for recovery in report.evidence.recoveries)
    missing = [strike for strike in report.evidence.strikes if strike.zero_s is None]
    return shown + told + "".join(f"<p>{text(strike.trouble)}.</p>" for strike in missing)


def _drill(report: Report, recovery: Recovery) -> str:
    status = next((finding.status for finding in report.findings if finding.id == f"recovery of {recovery.id}"), None)
    return (
        f"<h3>{named(recovery.id)} {chip(status) if status else ''}</h3>"
        + figure(
            report.charts.get(chart_name(recovery.id)),
            "The pulse: share of operations answered correctly and in time, by the quarter of a second in which they were meant to begin. "
            f"From the dashed green line on every second, for {number(recovery.strike.drill.window)} s, has at least 95 % of the share "
            "before the fault (dotted), and p99 keeps its limit: whoever came later felt nothing. Recovered, the full green line, is when "
            "the first of those had its answer.",
        )
        + '<div class="pair">'
        + _figures("Time", _timing(recovery), recovery)
        + _figures("Loss", _loss(recovery), recovery)
        + "</div>"
        + _paths(report, recovery)
        + _injections(report, recovery)
    )


Figure = tuple[str, str, str]


def _timing(recovery: Recovery) -> list[Figure]:
    bound = "> " if recovery.rto_censored else ""
    stable = {None: "not assessed", True: "yes", False: "no"}[recovery.metastable]
    return [
        ("detection", measured(recovery.detection_s, "s"), "detection_s"),
        ("decision", measured(recovery.decision_s, "s"), "decision_s"),
        ("failover", measured(recovery.failover_s, "s"), "failover_s"),
        ("redundancy restored", measured(recovery.redundancy_s, "s"), "redundancy_s"),
        ("first correct answer", measured(recovery.rto_first_s, "s"), "rto_first_s"),
        ("RTO", bound + measured(recovery.rto_s, "s"), "rto_s"),
        ("felt by late-comers", bound + measured(recovery.felt_by_latecomers_s, "s"), "felt_by_latecomers_s"),
        ("outage equivalent", measured(recovery.outage_equivalent_s, "s"), "outage_equivalent_s"),
        ("metastable", stable, "metastable"),
    ]


def _loss(recovery: Recovery) -> list[Figure]:
    loss = recovery.loss
    return [
        ("RPO, operations", number(loss.rpo_operations), "rpo_operations"),
        ("of them acknowledged before the fault", number(loss.lost_before), "lost_before"),
        ("of them acknowledged after it: two writers", number(loss.lost_after), "lost_after"),
        ("lag that the system claimed just before", measured(recovery.lag_claimed_ms, "ms"), "lag_claimed_ms"),
        ("RPO, time", measured(loss.rpo_s, "s"), "rpo_s"),
        ("RPO, money", yuan(loss.rpo_fen), "rpo_fen"),
        ("unknown, and present", number(loss.unknown_present), "unknown_present"),
        ("unknown, and absent", number(loss.unknown_absent), "unknown_absent"),
        ("duplicates", number(loss.duplicates), "duplicates"),
    ]


def _figures(title: str, figures: list[Figure], recovery: Recovery) -> str:
    """Names and values; a reason why there is none stands once."""
    told: set[str] = set()
    rows: list[tuple[str, str]] = []
    for name, value, field in figures:
        reason = recovery.reasons.get(field, "")
        why = f"<small>{text(reason)}</small>" if reason and reason not in told else ""
        told.add(reason)
        shown = f"<b>{text(value)}</b>" if field in ("rto_s", "rpo_operations") else text(value)
        rows.append((f"{text(name)}{why}", shown))
    return table((title, ""), rows, numbers=(1,))


def _paths(report: Report, recovery: Recovery) -> str:
    return table(
        ("Path of the pulse", "access path", "before", "RTO", "felt by late-comers", "first correct answer", "outage"),
        (
            (
                f"<code>{text(path.operation)}</code>",
                text(access_path(report.evidence.plan.target, path.operation)),
                "–" if path.r0 is None else f"{number(path.r0 * 100, 1)} %",
                ("> " if path.censored else "") + measured(path.rto_s, "s"),
                ("> " if path.censored else "") + measured(path.felt_by_latecomers_s, "s"),
                measured(path.rto_first_s, "s"),
                measured(path.outage_equivalent_s, "s"),
            )
            for path in recovery.paths
        ),
        numbers=(2, 3, 4, 5, 6),
    )


def _injections(report: Report, recovery: Recovery) -> str:
    """Nothing where nobody of ours broke anything."""
    found = injections(recovery.id, report.evidence.events)
    rows = ((f"<code>{text(one.fault)}</code>", named(one.target or "–"), _soon(one.effect_s)) for one in found)
    return table(("Fault", "Hits", "from injection to effect"), rows, numbers=(2,)) if found else ""


def _soon(effect_s: float | None) -> str:
    return measured(None if effect_s is None else effect_s * 1000, "ms")
