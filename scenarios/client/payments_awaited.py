"""Waits for what the system has promised to pay: looked at too early, what is on its way and what will never come are the same."""

import time

from scenarios.client.http import HttpClient, Pins
from scenarios.client.paging import ReadBackFailed
from scenarios.client.readback_capture import Patience, Reading, read_table
from scenarios.target.model import Target
from scenarios.target.readback import Source
from scenarios.target.templates import Scope

_PAUSE_S = 0.5


def await_payments(target: Target, statics: Scope, since_ms: float, pins: Pins) -> bool:
    """Asks the read-back until everything is paid that was promised since then, or the longest of the promises' times is over.

    False where there is nothing to wait for: the target's file promises no payment, or does not say where they are read back. What
    the system will not tell is not waited for; the read-back itself will say so.
    """
    longest_s = max(_within_s(target).values(), default=0.0)
    if target.readback is None or not longest_s or not any(source.role == "payouts" for source in target.readback.tables.values()):
        return False
    ends = time.monotonic() + longest_s
    with HttpClient(target, statics, pins) as client:
        while _unpaid(client, target, statics, since_ms) and (left_s := ends - time.monotonic()) > 0:
            time.sleep(min(_PAUSE_S, left_s))
    return True


def _within_s(target: Target) -> dict[str, float]:
    """By operation, in which time its effect is to be paid."""
    return {name: found.effect.pays.within_s for name, found in target.operations.items() if found.effect and found.effect.pays}


def _unpaid(client: HttpClient, target: Target, statics: Scope, since_ms: float) -> bool:
    """Whether a promise is open; False where it cannot be told."""
    if target.readback is None:
        return False
    owed: set[str] = set()
    deadline = time.monotonic() + target.readback.timeout_s
    try:
        for _, source in target.readback.in_order():  # promises before payments, so that none seems unpaid for having come between
            if source.role == "effects" and _may_promise(source, target):
                reading = Reading(client, target, source, statics, deadline, Patience(0))
                owed |= {str(row.get("id")) for row in read_table(reading) if _promises(row, target, since_ms)}
            elif source.role == "payouts":
                reading = Reading(client, target, source, statics, deadline, Patience(0))
                owed -= {str(row.get("ref")) for row in read_table(reading) if row.get("final") is not False}
    except ReadBackFailed as error:
        return error.moving
    return bool(owed)


def _may_promise(source: Source, target: Target) -> bool:
    said = source.fields.get("op", "")
    return not said.startswith("'") or said.strip("'") in _within_s(target)


def _promises(row: dict[str, object], target: Target, since_ms: float) -> bool:
    at_ms = row.get("at_ms")
    since = not isinstance(at_ms, int | float) or at_ms >= since_ms
    return since and row.get("op") in _within_s(target) and row.get("amount_fen") != 0
