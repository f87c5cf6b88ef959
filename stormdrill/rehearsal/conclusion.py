"""How a rehearsal ends once its load has: wait for what was promised, read back, ask customers, then heal, then look again."""

from collections.abc import Mapping
from datetime import datetime

import chaos
from scenarios.client.promises_awaited import await_promises
from scenarios.client.readback_capture import capture
from scenarios.errors import StormdrillError
from scenarios.run.event_kinds import (
    ALL_TABLES,
    CustomersAsked,
    PaymentsAwaited,
    ReadbackCaptured,
    ReadbackMissing,
    RunDrained,
    RunEnded,
    RunLeftover,
)
from scenarios.run.fault_event_kinds import WatchdogLost
from scenarios.run.readback_tables import Table
from scenarios.target.secrets import secret_scope
from stormdrill.rehearsal.interrupts import Interrupted
from stormdrill.rehearsal.under_way import Rehearsal
from stormdrill.rehearsal.witnesses import Witnesses

WORLD_GONE = "world gone"
UNWATCHED = "watchdog lost"
SECOND_SIGNAL = 2
_OF_THE_GONE_S = 5.0


def conclude(rehearsal: Rehearsal, reason: str) -> None:
    """Reads back before anything is undone that would erase the evidence, then heals, whatever the signals say."""
    rehearsal.record(RunDrained())
    if reason == "complete":
        _await_promised(rehearsal)
    tables = _read_back(rehearsal, gone=reason == WORLD_GONE)
    if rehearsal.witnesses and any(table.complete for table in tables.values()):
        _ask_customers(rehearsal, rehearsal.witnesses)
    troubles: list[chaos.Wrong] = []
    if rehearsal.drills is not None:
        rehearsal.screen.step("healing")
        troubles = rehearsal.drills.finish(world_gone=reason == WORLD_GONE)
    if rehearsal.watchdog is not None and not rehearsal.watchdog.alive():
        if reason != UNWATCHED:
            rehearsal.record(WatchdogLost(reason="it died while healing"))
        troubles = _heal_without_watchdog()
    for trouble in troubles:
        rehearsal.record(RunLeftover(what=trouble.what, lease=trouble.lease))
        rehearsal.screen.step(f"not healed: {trouble.what}")
    if reason == "complete" and any(table.unavailable for table in tables.values()):
        _read_back(rehearsal, earlier=tables)
    rehearsal.record(RunEnded(reason=reason))


def _await_promised(rehearsal: Rehearsal) -> None:
    """Gives what was promised its time; a signal ends the wait, and what is not there by then is still on its way."""
    plan = rehearsal.plan
    scope = {**plan.statics, **secret_scope(plan.target)}
    since_ms = datetime.fromisoformat(plan.t0_wall).timestamp() * 1000
    try:
        with rehearsal.interrupts.breaking():
            waited = await_promises(plan.target, scope, since_ms, plan.pins)
    except Interrupted:
        return
    if waited:
        rehearsal.record(PaymentsAwaited())


def _ask_customers(rehearsal: Rehearsal, witnesses: Witnesses) -> None:
    """What customers see; a second signal leaves it out."""
    rehearsal.screen.step("asking customers what they see")
    try:
        with rehearsal.interrupts.breaking(at=SECOND_SIGNAL):
            rehearsal.record(witnesses.ask())
    except Interrupted:
        rehearsal.record(CustomersAsked(reason="left out, for a second signal came"))


def _heal_without_watchdog() -> list[chaos.Wrong]:
    """What of the dead watchdog's faults cannot be taken back."""
    try:
        return [chaos.Wrong(str(healing)) for healing in chaos.heal() if not healing.healed and not healing.leftover.watched]
    except StormdrillError as error:
        return [chaos.Wrong(str(error))]


def _read_back(rehearsal: Rehearsal, earlier: Mapping[str, Table] | None = None, *, gone: bool = False) -> dict[str, Table]:
    """Captures the tables, or what an earlier reading could not get of them; a second signal leaves them out.

    Where the world is `gone`, what is left of it is asked once and not for long: nobody brings its database back.
    """
    plan = rehearsal.plan
    rehearsal.screen.step("reading back" if earlier is None else "reading back again what was refused")
    scope = {**plan.statics, **secret_scope(plan.target)}
    try:
        with rehearsal.interrupts.breaking(at=SECOND_SIGNAL):
            folder = rehearsal.run.readback_folder
            limits: dict[str, float] = {"patience_s": 0, "within_s": _OF_THE_GONE_S} if gone else {}
            tables = capture(plan.target, scope, folder, plan.pins, earlier=earlier, **limits)
    except Interrupted:
        rehearsal.screen.step("the read-back is left out, for a second signal came; healing all the same")
        rehearsal.record(ReadbackMissing(table=ALL_TABLES, reason="left out, for a second signal came"))
        return {}
    for name, table in tables.items():
        if earlier is not None and earlier[name].complete:
            continue
        rehearsal.record(
            ReadbackCaptured(table=name, rows=table.rows, sha256=table.sha256)
            if table.complete
            else ReadbackMissing(table=name, reason=table.reason, unavailable=table.unavailable, again=earlier is not None)
        )
    return tables
