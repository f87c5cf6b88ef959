"""One supplier: does what it is asked once for each key, as well as its dials let it."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Final

from mock_bank.suppliers.dials import Dials, Fate
from mock_bank.suppliers.ledger import Call, Ledger

HELD_BACK_S: Final = 0.2
_ALMOST: Final = 1e-9  # ten tenths are a little less than one
REFUSED: Final = "TAKEN"
SOLD_OUT: Final = "SOLD_OUT"
MANY: Final = 10**9
EXECUTIVES: Final = "executives"
SMS: Final = "sms"


@dataclass(frozen=True, slots=True)
class Trade:
    """What a supplier does."""

    name: str
    done: str  # the state of what it has done
    once: bool = False  # whether it does it to a subject once, whoever asks
    holds: int = MANY  # units of each subject that it has; it delivers all that are asked for, or none


TRADES: Final = (
    Trade("voucher", "REDEEMED", once=True),
    Trade(SMS, "SENT"),
    Trade("biller", "PAID"),
    Trade("risk", "ALLOW"),
    Trade(EXECUTIVES, "TOLD"),
    Trade("depot", "DELIVERED", holds=50),
    Trade("depot-backup", "DELIVERED"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A call as it came in."""

    key: str
    subject: str
    amount_fen: int
    caller: str
    sent_ns: int
    arrived_ns: int
    units: int = 0


class Supplier:
    """Its dials, and its share of the ledger."""

    def __init__(self, trade: Trade, ledger: Ledger, chance: Random) -> None:
        """At rest; `chance` decides where a dial is a share."""
        self.trade, self._ledger, self._chance = trade, ledger, chance
        self.dials = Dials()
        self._one_done = asyncio.Event()
        self._owed: dict[str, float] = {}  # errors, to each caller

    async def answer(self, asked: Asked | None) -> tuple[Fate, Call | None]:
        """What becomes of a call; None stands for one that only wants to know whether it is there, and is entered nowhere."""
        dials = self.dials
        fate = dials.fate(self._chance)
        await asyncio.sleep(dials.delay_s(self._chance))
        if asked is None:
            return fate, None
        if fate is Fate.ANSWERED and self._dealt(dials.even_errors, asked.caller):
            fate = Fate.ERROR
        if self._drawn(dials.out_of_order):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._one_done.wait(), HELD_BACK_S)
        call = self._do(asked, fate, twice=self._drawn(dials.duplicates))
        self._one_done.set()
        self._one_done = asyncio.Event()
        return fate, call

    def _dealt(self, share: float, caller: str) -> bool:
        owed = self._owed.get(caller, 0.0) + share
        due = owed > 1 - _ALMOST
        self._owed[caller] = owed - due
        return due

    def _drawn(self, share: float) -> bool:
        return share > 0 and self._chance.random() < share

    def _do(self, asked: Asked, fate: Fate, *, twice: bool) -> Call:
        before = self._ledger.done(self.trade.name, asked.key)
        taken = self._ledger.done_to(self.trade.name, asked.subject) if self.trade.once else None
        gone = self._ledger.units_of(self.trade.name, asked.subject) + asked.units > self.trade.holds
        state, did = "", 0
        if fate in (Fate.ANSWERED, Fate.UNANSWERED):
            if before or not (taken or gone):
                state, did = self.trade.done, 0 if before else 2 if twice else 1
            else:
                state = REFUSED if taken else SOLD_OUT
        call = Call(
            seq=len(self._ledger.calls) + 1,
            supplier=self.trade.name,
            caller=asked.caller,
            key=asked.key,
            subject=asked.subject,
            amount_fen=asked.amount_fen,
            state=state,
            did=did,
            fate=fate.value,
            sent_ns=asked.sent_ns,
            arrived_ns=asked.arrived_ns,
            at_ms=time.time_ns() // 1_000_000,
            units=asked.units,
        )
        self._ledger.add(call)
        return call
