"""The read-back of a rehearsal: what the system promised is waited for, then its tables are captured."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from scenarios.client.payments_awaited import await_payments
from scenarios.client.readback_capture import PATIENCE_S, capture
from scenarios.run.event_kinds import Facts, PaymentsAwaited, ReadbackCaptured, ReadbackMissing
from scenarios.run.folder import Plan, Run
from scenarios.run.readback_tables import Table
from scenarios.target.secrets import secret_scope
from stormdrill.rehearsal.interrupts import Interrupted, Interrupts
from stormdrill.rehearsal.progress import Screen

_SECOND = 2


class UnderWay(Protocol):
    """What is needed of a rehearsal whose load is over."""

    run: Run
    plan: Plan
    screen: Screen
    interrupts: Interrupts

    def record(self, facts: Facts) -> None:
        """Writes an event of now."""


def await_promised(rehearsal: UnderWay) -> None:
    """Gives payments that were promised their time; a signal ends the wait, and what is not paid by then is still on its way."""
    plan = rehearsal.plan
    scope = {**plan.statics, **secret_scope(plan.target)}
    since_ms = datetime.fromisoformat(plan.t0_wall).timestamp() * 1000
    try:
        with rehearsal.interrupts.breaking():
            waited = await_payments(plan.target, scope, since_ms, plan.pins)
    except Interrupted:
        return
    if waited:
        rehearsal.record(PaymentsAwaited())


def read_back(rehearsal: UnderWay, earlier: Mapping[str, Table] | None = None, *, patience_s: float = PATIENCE_S) -> dict[str, Table]:
    """Captures the tables, or what an earlier reading could not get of them; a second signal leaves them out."""
    plan = rehearsal.plan
    rehearsal.screen.step("reading back" if earlier is None else "reading back again what was refused")
    scope = {**plan.statics, **secret_scope(plan.target)}
    try:
        with rehearsal.interrupts.breaking(at=_SECOND):
            folder = rehearsal.run.readback_folder
            tables = capture(plan.target, scope, folder, plan.pins, earlier=earlier, patience_s=patience_s)
    except Interrupted:
        rehearsal.screen.step("the read-back is left out, for a second signal came; healing all the same")
        rehearsal.record(ReadbackMissing(table="all", reason="left out, for a second signal came"))
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
