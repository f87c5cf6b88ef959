"""How this was made, so that it can be made again."""

from collections.abc import Iterator

from reports.formatting import milliseconds, number
from reports.output.html import facts, named, table, text
from reports.output.report import Report
from scenarios.run.event_kinds import LoadFinished, RunSealed
from scenarios.run.facts import Facts

ORDER = 110
TITLE = "How it was made"

_SHOWN = ("run.", "fault.", "drill.", "system.", "watchdog.", "gate.", "load.lost", "readback.missing")


def section(report: Report) -> str:
    """Scenario, seed, clock, versions, machine; and the events."""
    plan = report.evidence.plan
    machine = plan.machine
    pairs = [
        ("Scenario", f"{text(plan.scenario.name)}, {number(plan.scenario.lasts_s)} s of load"),
        ("Target", f"{named(plan.target.name)}: <span>{text(plan.target.describe)}</span>"),
        ("Seed", str(plan.seed)),
        ("T0", text(plan.t0_wall or "never fixed")),
        ("Load processes", str(plan.workers)),
        ("Revision", named(plan.revision) if plan.revision else "not from a checkout"),
        ("Versions", named(", ".join(f"{name} {version}" for name, version in sorted(plan.versions.items())))),
    ]
    if machine is not None:
        pairs.append(("Machine", text(f"{machine.system}, {machine.cores} cores, {machine.memory_mib:,} MiB, Python {machine.python}")))
    pairs += [(f"Connections of {text(writer)}", text(told)) for writer, told in _connections(report)]
    events = [event for event in report.evidence.events if event.kind.startswith(_SHOWN) and not isinstance(event.facts, RunSealed)]
    rows = (
        (
            f"{event.at_s:.3f} s",
            f"<code>{text(event.kind)}</code>",
            named(event.writer),
            named(_told(event.facts)),
        )
        for event in events
    )
    return (
        facts(pairs)
        + f"<details><summary>{len(events)} events</summary>{table(('Time', 'Event', 'Writer', ''), rows, numbers=(0,))}</details>"
    )


def _connections(report: Report) -> Iterator[tuple[str, str]]:
    """Of each load process: how many were made, and how long that took, which lies inside the latency."""
    for event in report.evidence.of_kind(LoadFinished):
        made = event.facts.connections
        if not made.made:
            continue
        told = f"{number(made.made)} made"
        told += _took("connecting", made.connect_p50_ms, made.connect_p99_ms)
        told += _took("TLS handshake", made.handshake_p50_ms, made.handshake_p99_ms)
        yield event.writer, told + (f"; {number(made.resumed)} resumed their session" if made.resumed else "")


def _took(what: str, p50_ms: float | None, p99_ms: float | None) -> str:
    if p50_ms is None or p99_ms is None:
        return ""
    return f"; {what} p50 / p99 about {milliseconds(p50_ms)} / {milliseconds(p99_ms)}"


def _told(facts: Facts) -> str:
    return ", ".join(f"{name}: {value}" for name, value in sorted(facts.model_dump(exclude_defaults=True).items()))
