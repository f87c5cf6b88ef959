"""What the suppliers really did: a line for every call, written before it is answered, so that a killed process forgets none.

That somebody has read a feed stands in it too; nothing was done then.
"""

import json
import os
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Call:
    """One call that reached a supplier."""

    seq: int
    supplier: str
    caller: str  # who called, by its own word
    key: str
    subject: str  # a coupon, a customer, a bill
    amount_fen: int
    state: str  # what the supplier says of it; empty where it says nothing
    did: int  # how often it did what was asked: 0, 1, or 2 by mistake
    fate: str
    sent_ns: int  # on the machine's monotonic clock, as is the next; by the caller's word, 0 where it does not say
    arrived_ns: int
    at_ms: int  # when it was done or given up, on the wall clock
    units: int = 0  # that were asked for, of a supplier of prizes


class Ledger:
    """All calls, in the order in which they were done; of one supplier at most one for each key that did something."""

    def __init__(self, path: Path) -> None:
        """Goes on after what the file holds; a last line that a crash cut off was never answered, and is dropped."""
        self.calls: list[Call] = []
        self._by_key: dict[tuple[str, str], Call] = {}
        self._by_subject: dict[tuple[str, str], Call] = {}
        self._units: Counter[tuple[str, str]] = Counter()
        text = path.read_bytes() if path.exists() else b""
        whole = text[: text.rfind(b"\n") + 1]
        for line in whole.splitlines():
            self._keep(Call(**json.loads(line)))
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.ftruncate(self._file, len(whole))

    def done(self, supplier: str, key: str) -> Call | None:
        """What was done for that key."""
        return self._by_key.get((supplier, key))

    def done_to(self, supplier: str, subject: str) -> Call | None:
        """What was first done to that subject."""
        return self._by_subject.get((supplier, subject))

    def units_of(self, supplier: str, subject: str) -> int:
        """How many of that subject were delivered."""
        return self._units[supplier, subject]

    def add(self, call: Call) -> None:
        """Enter a call. Raises OSError where the disk does not take it; nothing is entered then."""
        os.write(self._file, json.dumps(asdict(call)).encode() + b"\n")
        self._keep(call)

    def read(self, feed: str, caller: str, after: int, fate: str, arrived_ns: int) -> None:
        """Enter that somebody has asked a feed for what was said after that number. Raises as `add`."""
        at_ms = time.time_ns() // 1_000_000
        subject = f"after {after}"
        self.add(Call(len(self.calls) + 1, feed, caller, "", subject, 0, "", 0, fate, sent_ns=0, arrived_ns=arrived_ns, at_ms=at_ms))

    def after(self, seq: int, limit: int) -> list[Call]:
        """At most so many calls after number `seq`; they are numbered from 1 without a gap."""
        return self.calls[seq : seq + limit]

    def _keep(self, call: Call) -> None:
        self.calls.append(call)
        if call.did:
            self._by_key.setdefault((call.supplier, call.key), call)
            self._by_subject.setdefault((call.supplier, call.subject), call)
            self._units[call.supplier, call.subject] += call.units * call.did
