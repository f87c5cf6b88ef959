"""Waits for what the system has promised to pay and to finish: looked at too early, what is late and what never comes are the same."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scenarios.client.http import HttpClient, Pins
from scenarios.client.paging import ReadBackFailed
from scenarios.client.readback_capture import Patience, Reading, read_table
from scenarios.target.model import Target
from scenarios.target.readback import Source
from scenarios.target.templates import Scope

_PAUSE_S = 0.5


@dataclass(frozen=True)
class _Promises:
    """What a target's file promises, and where it is read back."""

    target: Target
    since_ms: float
    pays_s: dict[str, float]  # by operation, in which time its effect is to be paid
    settles_s: dict[str, float]  # by operation, in which time what it only accepts is to end

    @classmethod
    def of(cls, target: Target, since_ms: float) -> "_Promises":
        effects = {name: found.effect for name, found in target.operations.items() if found.effect}
        roles = {source.role for source in target.readback.tables.values()} if target.readback else set()
        pays = {name: effect.pays.within_s for name, effect in effects.items() if effect.pays and "payouts" in roles}
        settles = {name: effect.settles_within_s for name, effect in effects.items() if effect.accepted and "effects" in roles}
        return cls(target, since_ms, pays, settles)

    def longest_s(self, client: HttpClient, statics: Scope) -> float:
        """The longest time of those that are open now; 0: none is, or it cannot be told."""
        owed, ending = set[str](), False
        try:
            for rows, role in self._tables(client, statics):
                if role == "payouts":
                    owed -= {str(row.get("ref")) for row in rows if row.get("final") is not False}
                    continue
                for row in filter(self._is_recent, rows):
                    if row.get("op") in self.pays_s and row.get("amount_fen") != 0:
                        owed.add(str(row.get("id")))
                    ending = ending or (row.get("op") in self.settles_s and row.get("final") is False)
        except ReadBackFailed as error:
            if not error.moving:
                return 0.0
            owed, ending = {"what it will not tell for the moment"}, True
        open_s = [*(self.pays_s.values() if owed else ()), *(self.settles_s.values() if ending else ())]
        return max(open_s, default=0.0)

    def _tables(self, client: HttpClient, statics: Scope) -> Iterator[tuple[Iterable[dict[str, object]], str]]:
        """Promises before payments, so that none seems unpaid for having come between."""
        assert self.target.readback is not None  # noqa: S101 - else nothing is promised
        deadline = time.monotonic() + self.target.readback.timeout_s
        for _, source in self.target.readback.in_order():
            if (source.role == "effects" and self._may_be_of(source)) or (source.role == "payouts" and self.pays_s):
                yield read_table(Reading(client, self.target, source, statics, deadline, Patience(0))), source.role

    def _may_be_of(self, source: Source) -> bool:
        said = source.fields.get("op", "")
        return not said.startswith("'") or said.strip("'") in {*self.pays_s, *self.settles_s}

    def _is_recent(self, row: dict[str, object]) -> bool:
        at_ms = row.get("at_ms")
        return not isinstance(at_ms, int | float) or at_ms >= self.since_ms


def await_promises(target: Target, statics: Scope, since_ms: float, pins: Pins) -> bool:
    """Asks the read-back until all that was promised since then is paid and all that was accepted has ended, or their longest time is over.

    False where there is nothing to wait for: the target's file promises nothing, or does not say where it is read back. What the system
    will not tell is not waited for; the read-back itself will say so.
    """
    promises, begun = _Promises.of(target, since_ms), time.monotonic()
    if not promises.pays_s and not promises.settles_s:
        return False
    with HttpClient(target, statics, pins) as client:
        while (left_s := promises.longest_s(client, statics) - (time.monotonic() - begun)) > 0:
            time.sleep(min(_PAUSE_S, left_s))
    return True
