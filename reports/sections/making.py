"""How this was made, so that it can be made again."""

from reports.markup import facts, table, text
from reports.report import Report
from reports.wording import number

ORDER = 110
TITLE = 'How it was made <span class="zh" lang="zh-Hans">演练条件</span>'

_SHOWN = ("run.", "fault.", "drill.", "system.", "watchdog.", "gate.", "load.lost", "readback.missing")


def section(report: Report) -> str:
    """Scenario, seed, clock, versions, machine; and the events."""
    plan = report.evidence.plan
    machine = plan.machine
    pairs = [
        ("Scenario", f"{text(plan.scenario.name)}, {number(plan.scenario.lasts_s)} s of load"),
        ("Target", text(f"{plan.target.name}: {plan.target.describe}")),
        ("Seed", str(plan.seed)),
        ("T0", text(plan.t0_wall or "never fixed")),
        ("Load processes", str(plan.workers)),
        ("Revision", text(plan.revision or "not from a checkout")),
        ("Versions", text(", ".join(f"{name} {version}" for name, version in sorted(plan.versions.items())))),
    ]
    if machine is not None:
        pairs.append(("Machine", text(f"{machine.system}, {machine.cores} cores, {machine.memory_mib:,} MiB, Python {machine.python}")))
    events = [event for event in report.evidence.events if event.kind.startswith(_SHOWN)]
    rows = ((f"{event.at_s:.3f} s", f"<code>{text(event.kind)}</code>", text(event.writer), text(_facts(event.facts))) for event in events)
    return (
        facts(pairs)
        + f"<details><summary>{len(events)} events</summary>{table(('Time', 'Event', 'Writer', ''), rows, numbers=(0,))}</details>"
    )


def _facts(told: dict[str, object]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in sorted(told.items()))
